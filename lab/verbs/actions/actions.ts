/** The variables of GitHub Actions that change what a verb writes. */
export const ACTIONS_VARIABLES = ['GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY'] as const;

/** Is this a step of GitHub Actions? Its runner reads every line of stdout and stderr. */
export function inActions(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.GITHUB_ACTIONS === 'true';
}

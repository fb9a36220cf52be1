/** The variables of GitHub Actions that change what a verb writes. */
export const ACTIONS_VARIABLES = ['GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY'] as const;

/** Is this a step of GitHub Actions? Its runner reads every line of stdout and stderr. */
export function inActions(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.GITHUB_ACTIONS === 'true';
}

/** An environment in which no verb takes itself for a step of GitHub Actions: for verbs whose words nobody is to read there. */
export function outsideActions(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names: readonly string[] = ACTIONS_VARIABLES;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/**
 * NODE_OPTIONS for all tasks of a service, with which the clock of those on one node is ahead by so many ms: see docker/clock-off.mjs. Swarm
 * fills in where each is.
 */
export function clockOff(node: string, ms: number): string {
  return `--import=file:///app/docker/clock-off.mjs?ms=${ms}&on=${node}&here={{.Node.Hostname}}`;
}

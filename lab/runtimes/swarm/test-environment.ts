import { UsageError } from '../../../common/errors.ts';

/**
 * More environment for the members of a stack: RESETLAB_SWARM_ENV, a JSON object of texts. For tests, which tell one node that its clock is
 * off. Throws UsageError.
 */
export function testEnvironment(
  { RESETLAB_SWARM_ENV: text }: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  if (!text) return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`RESETLAB_SWARM_ENV=${text}: allowed: a JSON object of texts`);
  }
}

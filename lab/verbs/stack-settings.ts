import { CannotRunError, UsageError } from '../../common/errors.ts';
import { fdExhaustion } from '../causes/fd-exhaustion.ts';
import type { MemberKind } from '../runtimes/channel/messages.ts';
import { fromEnvironment, type ResolvedSettings, resolveSettings } from '../settings/setting-sources.ts';

/**
 * The settings of a compose stack in which so many containers make the load, each a source. Throws UsageError for a number of sources that the
 * stack has not, and for more than one k6; CannotRunError where nobody makes a load.
 */
export function stackSettings(
  env: NodeJS.ProcessEnv,
  there: number,
  loader: Exclude<MemberKind, 'gateway'>,
): ResolvedSettings {
  const scale = `--scale ${loader}`;
  if (there === 0) throw new CannotRunError(`${loader}: no container has joined the channel`);
  if (loader === 'k6' && there > 1)
    throw new UsageError(`${scale}=${there}: k6 runs in one place; allowed: 1`);
  const given = fromEnvironment(env);
  const { value, where } = given.sources ?? { value: String(there) };
  if (value !== String(there))
    throw new UsageError(
      `${where}: sources=${value}: in the stack they are the containers of ${loader}; allowed: ${there}, or ${scale}=N`,
    );
  return resolveSettings([{ sources: { value, where: scale } }, given], fdExhaustion.scenario);
}

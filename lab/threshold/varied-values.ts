import { UsageError } from '../../common/errors.ts';
import { highestNofile } from '../../system/machine-limits.ts';
import { LAWS, limitingLaw } from '../laws/all-laws.ts';
import { inputOfSettings } from '../laws/law-input.ts';
import { type Runtime, spansMachines } from '../runtimes/runtime.ts';
import { checkCapacity, mostUsers } from '../settings/capacity.ts';
import { parseRange } from '../settings/range.ts';
import type { SettingName } from '../settings/schema.ts';
import {
  type GivenSettings,
  type ResolvedSettings,
  resolveSettings,
  settingName,
} from '../settings/setting-sources.ts';
import { checkTogether } from '../settings/together.ts';
import type { Value } from './thresholds.ts';

/** What is searched for, or cannot move it, is nothing to vary. */
const NOT_VARIED: readonly SettingName[] = ['users', 'seed', 'port', 'stop_ms'];

/** Reads `nofile=64..8192*2`. Throws UsageError for anything else, and for a setting that cannot be varied. */
export function readVary(text: string): { vary: SettingName; values: string[] } {
  const at = text.indexOf('=');
  if (at < 1)
    throw new UsageError(
      `--vary ${text}: expected name=values, e.g. nofile=64..8192*2 or somaxconn=8,16,128`,
    );
  const vary = settingName(text.slice(0, at), '--vary');
  if (NOT_VARIED.includes(vary))
    throw new UsageError(`--vary ${vary}: not a limit; allowed: any setting but ${NOT_VARIED.join(', ')}`);
  return { vary, values: parseRange(text.slice(at + 1), `--vary ${vary}`) };
}

/**
 * The settings at each value, all checked before anything is started: those that single out the law on the varied
 * setting, under what a person gave. Throws UsageError for the first that is not allowed here.
 */
export async function valuesOf(
  { vary, values }: { vary: SettingName; values: readonly string[] },
  sources: readonly GivenSettings[],
  runtime: Runtime,
  signal?: AbortSignal,
): Promise<Value[]> {
  const law = LAWS.find(({ settings }) => settings.includes(vary));
  const alone = { rounds: 0, ...law?.alone };
  if ('nofile' in alone) alone.nofile = Math.min(Number(alone.nofile), highestNofile());
  const ownNamespace = runtime.name !== 'native';
  const elsewhere = spansMachines(runtime.name);
  const all: Value[] = [];
  for (const text of values) {
    const varied: GivenSettings = { [vary]: { value: text, where: '--vary' } };
    const settings = resolveSettings([varied, ...sources], alone);
    const upTo = settings.explicit.has('users')
      ? settings.values.users
      : mostUsers(settings, ownNamespace, { elsewhere });
    const asked: ResolvedSettings = { ...settings, values: { ...settings.values, users: upTo } };
    checkTogether(asked);
    checkCapacity(asked, ownNamespace, { elsewhere });
    await runtime.check(asked, signal);
    signal?.throwIfAborted();
    const input = inputOfSettings(asked.values);
    const one = law?.predict(input) === undefined ? undefined : limitingLaw(input)?.users;
    const expected = one && one * asked.values.gateways;
    all.push({ text, settings: asked, upTo, expected });
  }
  return all;
}

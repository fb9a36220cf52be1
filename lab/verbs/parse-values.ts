import { InvalidArgumentError } from 'commander';
import { durationMs } from '../../common/duration.ts';
import { UsageError } from '../../common/errors.ts';
import { LONGEST_TIMER_MS } from '../../protocol/settings.ts';

/** A parser of flags that are a whole number. */
export function whole(min: number, max: number) {
  return (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`allowed: a whole number from ${min} to ${max}`);
  };
}

/** A parser of flags that name a folder. An empty name, as from a variable that is not set, would be the current folder: it is refused. */
export function folder(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('allowed: the name of a folder');
}

/** A time such as 500ms, 30s or 5m, in ms. Throws UsageError. */
export function time(flag: string, text: string, least = 1): number {
  const ms = Math.round(durationMs(text) ?? Number.NaN);
  if (ms >= least && ms <= LONGEST_TIMER_MS) return ms;
  const most = ms > LONGEST_TIMER_MS ? `, up to ${Math.floor(LONGEST_TIMER_MS / 60_000)}m` : '';
  throw new UsageError(
    `${flag} ${text}: allowed: ${least === 0 ? '0, or ' : ''}a time such as 500ms, 30s or 5m${most}`,
  );
}

import { UsageError } from '../common/errors.ts';
import { SETTINGS } from '../protocol/settings.ts';

/** The sysctls that a container can be given by a name of its own. */
type Sysctl = 'somaxconn' | 'tcp_max_syn_backlog' | 'tcp_abort_on_overflow' | 'tcp_syncookies';

/** Gives the value back when it is a whole number in the range. @throws {UsageError} in one line, when it is not. */
export function whole(where: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw refused(where, value, `a whole number from ${min} to ${max}`);
}

/** Gives the value back when it is one of these. @throws {UsageError} in one line, when it is not. */
export function oneOf<T>(where: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw refused(where, value, allowed.join(' or '));
}

/** The full kernel name of a sysctl and its value as text. @throws {UsageError} when the lab does not allow it. */
export function sysctlEntry(where: string, name: Sysctl, value: unknown): [string, string] {
  const { sysctl, min, max } = SETTINGS[name];
  return [sysctl, String(whole(where, value, min, max))];
}

/** What is wrong, where, and what is allowed. */
export function refused(where: string, value: unknown, allowed: string): UsageError {
  // As JSON, so that it stays one line whatever it holds.
  const shown =
    typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new UsageError(`${where}: ${shown} is not allowed: ${allowed}`);
}

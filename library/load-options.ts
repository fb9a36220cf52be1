import { UsageError } from '../common/errors.ts';
import { SETTINGS } from '../protocol/settings.ts';
import { oneOf, refused, whole } from './values.ts';

/** What the users speak, and how they come. Times in ms. */
export interface LoadOptions {
  /** `ws`: a WebSocket; `http`: one GET with keep-alive; `tcp`: nothing but a connection. */
  kind: 'ws' | 'http' | 'tcp';
  /** What ws and http ask for; `/` unless told. */
  path?: string;
  /** Over how long the users arrive; 0 (all at once) unless told. */
  rampMs?: number;
  /** How long all users stay once everybody has settled; 1000 unless told. */
  holdMs?: number;
  /** A user that is not open after this long has failed; 12000 unless told. */
  connectTimeoutMs?: number;
  /** How long the server may take to be rid of its users after a trial; 30000 unless told. */
  settleMs?: number;
  /** Ends the load early: the call then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A load with everything decided. */
export type Load = Required<Omit<LoadOptions, 'signal'>> & { signal: AbortSignal | undefined };

/** The sockets of one source address: the robots' namespace gives all ports from 1024. */
export const MOST_USERS = 64_000;

const { connect_timeout_ms: timeout, hold_ms: hold, target_path: target } = SETTINGS;

/** Checks a load. @throws {UsageError} in one line. */
export function checkLoad(where: string, options: LoadOptions): Load {
  if (typeof options !== 'object' || options === null) throw refused(where, options, 'an object with kind');
  const {
    kind,
    path = '/',
    rampMs = 0,
    holdMs = 1000,
    connectTimeoutMs = timeout.default,
    settleMs = 30_000,
  } = options;
  if (!target.pattern.test(path)) throw refused(`${where}: path`, path, target.allowed);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw new UsageError(`${where}: signal is not allowed: an AbortSignal`);
  return {
    kind: oneOf(`${where}: kind`, kind, SETTINGS.kind.values),
    path,
    rampMs: whole(`${where}: rampMs`, rampMs, 0, hold.max),
    holdMs: whole(`${where}: holdMs`, holdMs, hold.min, hold.max),
    connectTimeoutMs: whole(`${where}: connectTimeoutMs`, connectTimeoutMs, timeout.min, timeout.max),
    settleMs: whole(`${where}: settleMs`, settleMs, 100, 600_000),
    signal: options.signal,
  };
}

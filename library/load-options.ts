import { UsageError } from '../common/errors.ts';
import { readTargetUrl, type TargetUrl } from '../lab/target/target-url.ts';
import { SETTINGS } from '../protocol/settings.ts';
import type { TargetOptions } from '../protocol/target-options.ts';
import { checkSpoken, type SpokenOptions } from './spoken-options.ts';
import { oneOf, refused, whole } from './values.ts';

/** What the users speak, and how they come. Times in ms. */
export interface LoadOptions extends SpokenOptions {
  /** `ws`: a WebSocket; `http`: one GET with keep-alive; `tcp`: nothing but a connection. Absent: what the URL says. */
  kind?: 'ws' | 'http' | 'tcp';
  /** What ws and http ask for; `/` unless told. */
  path?: string;
  /**
   * In place of both, and with TLS: `wss://localhost/play`. Its host is what the users call the server (Host, SNI); they go to the
   * container, and to the container's port.
   */
  url?: string;
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
export interface Load extends Required<Omit<LoadOptions, 'signal' | 'url' | keyof SpokenOptions>> {
  signal: AbortSignal | undefined;
  url: TargetUrl | undefined;
  options: TargetOptions | undefined;
}

/** The sockets of one source address: the robots' namespace gives all ports from 1024. */
export const MOST_USERS = 64_000;

const { connect_timeout_ms: timeout, hold_ms: hold, target_path: target } = SETTINGS;

/** Checks a load. @throws {UsageError} in one line. */
export function checkLoad(where: string, options: LoadOptions): Load {
  if (typeof options !== 'object' || options === null)
    throw refused(where, options, 'an object with kind or url');
  const {
    kind,
    path,
    rampMs = 0,
    holdMs = 1000,
    connectTimeoutMs = timeout.default,
    settleMs = 30_000,
  } = options;
  if (path !== undefined && !target.pattern.test(path)) throw refused(`${where}: path`, path, target.allowed);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw new UsageError(`${where}: signal is not allowed: an AbortSignal`);
  const url = urlOf(where, options);
  const spoken = url?.kind ?? oneOf(`${where}: kind`, kind, SETTINGS.kind.values);
  return {
    kind: spoken,
    path: url?.path ?? path ?? '/',
    url,
    options: checkSpoken(where, options, { kind: spoken, url }),
    rampMs: whole(`${where}: rampMs`, rampMs, 0, hold.max),
    holdMs: whole(`${where}: holdMs`, holdMs, hold.min, hold.max),
    connectTimeoutMs: whole(`${where}: connectTimeoutMs`, connectTimeoutMs, timeout.min, timeout.max),
    settleMs: whole(`${where}: settleMs`, settleMs, 100, 600_000),
    signal: options.signal,
  };
}

function urlOf(where: string, { url: text, kind, path }: LoadOptions): TargetUrl | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string') throw refused(`${where}: url`, text, 'a URL like wss://localhost/play');
  const url = readTargetUrl(`${where}: url`, text);
  if (kind !== undefined && kind !== url.kind)
    throw refused(`${where}: kind`, kind, `${url.kind}, as the url says, or nothing`);
  if (path !== undefined) throw refused(`${where}: path`, path, 'nothing beside url, which has a path');
  return url;
}

import { defined } from '../common/defined.ts';
import { type GivenOptions, type OptionNames, targetOptions } from '../lab/target/given-options.ts';
import type { TargetUrl } from '../lab/target/target-url.ts';
import type { TargetOptions } from '../protocol/target-options.ts';
import { refused } from './values.ts';

/** What the users say to the server. */
export interface SpokenOptions {
  /** Fields of every request; more than one value: the field more than once. */
  headers?: Record<string, string | readonly string[]>;
  /** Cookies of every request, value by name. */
  cookies?: Record<string, string>;
  /** WebSocket subprotocols that are offered, the preferred one first. */
  subprotocols?: readonly string[];
  /** What each user sends first; `{n}` in it is the user's number. Text or bytes, at most 1 MiB. */
  send?: string | Uint8Array;
  /** A user is open only when the first words of the server hold this. */
  expectFirst?: string;
  /** What the users ask of its certificate; with a URL that has TLS. */
  tls?: {
    /** Certificates to trust, in PEM; absent: those of Node. */
    ca?: string;
    /** Take any certificate. */
    insecure?: boolean;
    /** Name that is asked for, and looked for in the certificate; absent: the URL's host. */
    servername?: string;
  };
}

/** Checks what users say. `where` begins each line. @throws {UsageError} in one line, without a value that may be a secret */
export function checkSpoken(
  where: string,
  options: SpokenOptions,
  spoken: { kind: TargetUrl['kind']; url?: TargetUrl | undefined },
): TargetOptions | undefined {
  const named = (name: string) => `${where}: ${name}`;
  const names: OptionNames = {
    headers: named('headers'),
    cookies: named('cookies'),
    subprotocols: named('subprotocols'),
    send: named('send'),
    expectFirst: named('expectFirst'),
    ca: named('tls.ca'),
    insecure: named('tls.insecure'),
    servername: named('tls.servername'),
  };
  return targetOptions(givenOf(options, names, named('tls')), names, spoken);
}

function givenOf(options: SpokenOptions, names: OptionNames, tlsName: string): GivenOptions {
  const { headers = {}, cookies = {}, subprotocols = [], send, expectFirst, tls = {} } = options;
  const { ca, insecure, servername } = recordOf(tlsName, tls) as NonNullable<SpokenOptions['tls']>;
  const fields = Object.entries(recordOf(names.headers, headers)).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, textOf(`${names.headers}.${name}`, value)] as const),
  );
  if (!Array.isArray(subprotocols))
    throw refused(names.subprotocols, typeof subprotocols, 'an array of names');
  if (insecure !== undefined && typeof insecure !== 'boolean')
    throw refused(names.insecure, insecure, 'true or false');
  return {
    headers: fields,
    cookies: Object.entries(recordOf(names.cookies, cookies)).map(
      ([name, value]) => `${name}=${textOf(`${names.cookies}.${name}`, value)}`,
    ),
    subprotocols: subprotocols.map((name) => textOf(names.subprotocols, name)),
    ...defined({
      send: send === undefined || send instanceof Uint8Array ? send : Buffer.from(textOf(names.send, send)),
      expectFirst: expectFirst === undefined ? undefined : textOf(names.expectFirst, expectFirst),
      ca: ca === undefined ? undefined : textOf(names.ca, ca),
      insecure,
      servername: servername === undefined ? undefined : textOf(names.servername, servername),
    }),
  };
}

/** Of a value of another type only the type is shown: it can be a secret. */
function textOf(where: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw refused(where, typeof value, 'text');
}

function recordOf(where: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refused(where, Array.isArray(value) ? 'array' : typeof value, 'an object');
}

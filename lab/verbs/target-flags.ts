import { readFileSync, statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { defined } from '../../common/defined.ts';
import { messageOf, UsageError } from '../../common/errors.ts';
import type { TargetOptions } from '../../protocol/target-options.ts';
import { MOST_SENT, type OptionNames, targetOptions } from '../target/given-options.ts';
import { readTargetUrl, shownUrl, type TargetUrl } from '../target/target-url.ts';

/** Flags of the verbs that bring users to a server that is not ours: how they call it, and what they say to it. */
export interface TargetFlags {
  url?: string;
  header: string[];
  cookie: string[];
  subprotocol: string[];
  send?: string;
  expectFirst?: string;
  ca?: string;
  insecure?: boolean;
  servername?: string;
}

/** What each option is called in an error line. */
const NAMES: OptionNames = {
  headers: '--header',
  cookies: '--cookie',
  subprotocols: '--subprotocol',
  send: '--send',
  expectFirst: '--expect-first',
  ca: '--ca',
  insecure: '--insecure',
  servername: '--servername',
};

/** The most that a file of certificates may have: those of a whole system have a quarter of it, bytes. */
const MOST_CERTIFICATES = 1024 * 1024;

/** Adds those flags to a verb. */
export function withTargetFlags(command: Command): Command {
  const repeatable = (flag: string, about: string) =>
    new Option(flag, `${about}; may be repeated`)
      .argParser((value: string, all: string[]) => [...all, value])
      .default([], 'none');
  return command
    .option('--url <url>', 'the server, as in wss://localhost:8443/play (ws, http, https, tcp, tls)')
    .addOption(repeatable("--header <'name: value'>", 'a field of every request'))
    .addOption(repeatable("--cookie <'name=value'>", 'a cookie of every request'))
    .addOption(
      repeatable('--subprotocol <name>', 'a WebSocket subprotocol that is offered, the preferred first'),
    )
    .option('--send <text|@file>', "what each user sends first; {n} is the user's number")
    .option('--expect-first <text>', 'a user is open only when the first words of the server hold this')
    .option('--ca <file>', 'certificates to trust, in PEM')
    .option('--insecure', 'take any certificate')
    .option('--servername <name>', 'name that is asked for in TLS, and looked for in the certificate');
}

/** The flags that a URL takes the place of. */
interface OldFlags {
  port?: number;
  address?: string;
  kind?: TargetUrl['kind'];
  path?: string;
}

/** What the users speak. */
export interface AskedTarget {
  /** Absent: the server is named by other flags. */
  url?: TargetUrl;
  /** How an error line of the URL begins, without its query: a query can hold a secret. */
  where: string;
  kind: TargetUrl['kind'];
  path: string;
  options?: TargetOptions;
}

/**
 * Reads those flags; nothing is looked up or connected to. `kind` and `path` are undefined where they were not given: then `tcp` and `/`.
 * @throws {UsageError} in one line, without the value of a header, a cookie or a message
 */
export function readTarget(flags: TargetFlags & OldFlags): AskedTarget {
  const url = flags.url === undefined ? undefined : readTargetUrl('--url', flags.url);
  const old = (['port', 'address', 'kind', 'path'] as const).find((name) => flags[name] !== undefined);
  if (url && old !== undefined)
    throw new UsageError(`--url and --${old}: the URL says it; allowed: one of them`);
  const kind = url?.kind ?? flags.kind ?? 'tcp';
  const given = {
    headers: flags.header.map(headerOf),
    cookies: flags.cookie,
    subprotocols: flags.subprotocol,
    ...defined({
      send: flags.send === undefined ? undefined : messageIn(flags.send),
      expectFirst: flags.expectFirst,
      ca: flags.ca === undefined ? undefined : textOf('--ca', flags.ca, MOST_CERTIFICATES).toString('latin1'),
      insecure: flags.insecure,
      servername: flags.servername,
    }),
  };
  return {
    where: url ? `--url ${shownUrl(url)}` : '',
    kind,
    path: url?.path ?? flags.path ?? '/',
    ...defined({ url, options: targetOptions(given, NAMES, { kind, url }) }),
  };
}

function headerOf(text: string): [string, string] {
  const at = text.indexOf(':');
  if (at < 1) throw new UsageError("--header: no name and colon in it; allowed: 'Name: value'");
  return [text.slice(0, at), text.slice(at + 1)];
}

function messageIn(text: string): Buffer {
  return text.startsWith('@') ? textOf('--send', text.slice(1), MOST_SENT) : Buffer.from(text);
}

/** A file, read once. */
function textOf(flag: string, path: string, most: number): Buffer {
  const refused = (why: string, allowed: string) =>
    new UsageError(`${flag} ${path}: ${why}; allowed: ${allowed}`);
  try {
    const { size } = statSync(path);
    if (!statSync(path).isFile()) throw refused('not a file', 'the name of a file');
    if (size > most) throw refused(`${size} bytes`, `a file of at most ${most / 1024 / 1024} MiB`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refused(
      `cannot be read (${(error as NodeJS.ErrnoException).code ?? messageOf(error)})`,
      'a file that this user may read',
    );
  }
}

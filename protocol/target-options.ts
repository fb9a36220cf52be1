/** How users speak to a server, beyond its kind and path: what TARGET_OPTIONS holds as JSON. */
export interface TargetOptions {
  /** Absent: plain TCP. */
  tls?: TlsOptions;
  /** Sent with the request of http and of the upgrade, in this order, after our own; a Host given here takes the place of ours. */
  headers?: [name: string, value: string][];
  /** ws: those that are offered, the preferred one first. */
  subprotocols?: string[];
  /** What a user sends first once it is open, in base64; `{n}` in it is the user's number. ws: text where it is UTF-8, else binary. */
  send?: string;
  /** A user is open only once the server's first words, after `send` if there is one, hold this text. */
  expectFirst?: string;
}

/** What the users ask of the server's certificate. */
export interface TlsOptions {
  /** Certificates to trust, in PEM; absent: those of Node. */
  ca?: string;
  /** Takes any certificate. */
  insecure?: boolean;
  /** The name asked for (SNI) and looked for in the certificate; absent: the host, unless it is an address. */
  servername?: string;
  /** Of the protocol; absent: the newest that both have. */
  maxVersion?: 'TLSv1.2';
}

/** One string of an environment may have 128 KiB on Linux (fs/exec.c MAX_ARG_STRLEN): a message or a file of certificates may have more. */
const LONGEST = 120_000;

/** The options as variables of an environment: TARGET_OPTIONS, and TARGET_OPTIONS_2 and so on where one does not hold them. */
export function optionsVariables(options: TargetOptions | undefined): Record<string, string> {
  if (options === undefined) return { TARGET_OPTIONS: '' };
  // In ASCII a character is a byte.
  const text = JSON.stringify(options).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const parts = Array.from({ length: Math.ceil(text.length / LONGEST) }, (_, at) =>
    text.slice(at * LONGEST, (at + 1) * LONGEST),
  );
  return Object.fromEntries(parts.map((part, at) => [nameOf(at), part]));
}

/** The text in those variables, put together; empty where there is none. */
export function optionsText(env: Record<string, string | undefined>): string {
  let text = '';
  for (let at = 0; env[nameOf(at)]; at += 1) text += env[nameOf(at)];
  return text;
}

const nameOf = (at: number) => (at === 0 ? 'TARGET_OPTIONS' : `TARGET_OPTIONS_${at + 1}`);

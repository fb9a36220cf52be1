import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { messageOf, UsageError } from '../../common/errors.ts';
import type { TargetOptions, TlsOptions } from '../../protocol/target-options.ts';
import { authorityOf, type TargetUrl } from './target-url.ts';

/** What somebody wants the users to say, as it was given. */
export interface GivenOptions {
  headers: readonly (readonly [name: string, value: string])[];
  /** Each `name=value`. */
  cookies: readonly string[];
  subprotocols: readonly string[];
  send?: Uint8Array;
  expectFirst?: string;
  /** In PEM. */
  ca?: string;
  insecure?: boolean;
  servername?: string;
}

/** What each of them is called in an error line. */
export type OptionNames = Record<keyof GivenOptions, string>;

/** The most that a first message may have, bytes. */
export const MOST_SENT = 1024 * 1024;

const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** RFC 9110 §5.5: what a field's value may hold, in latin1. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Fields that the users write themselves, or that would announce a body which never comes. */
const OURS = /^(?:upgrade|connection|sec-websocket-.*|content-length|transfer-encoding)$/i;
const SCHEMES_WITH_TLS = 'wss, https or tls';

/**
 * What TARGET_OPTIONS is to hold; undefined: nothing. No error line shows a value: it can be a secret. With a URL the server is called
 * by the name in it, whatever its address.
 * @throws {UsageError} in one line for what cannot be sent, or not by users of this kind
 */
export function targetOptions(
  given: GivenOptions,
  names: OptionNames,
  { kind, url }: { kind: TargetUrl['kind']; url?: TargetUrl | undefined },
): TargetOptions | undefined {
  const { subprotocols, send, expectFirst } = given;
  const headers = headersOf(given, names, kind);
  if (subprotocols.length > 0 && kind !== 'ws')
    throw refused(names.subprotocols, `${kind} has no subprotocol`, 'with ws or wss');
  if (subprotocols.some((name) => !TOKEN.test(name)))
    throw refused(names.subprotocols, 'not a name', "letters, digits and !#$%&'*+-.^_`|~");
  if (new Set(subprotocols).size < subprotocols.length)
    throw refused(names.subprotocols, 'one name twice', 'each name once');
  if (send !== undefined && kind === 'http')
    throw refused(names.send, 'http users send a GET and nothing else', 'with ws, wss, tcp or tls');
  if (send !== undefined && (send.length === 0 || send.length > MOST_SENT))
    throw refused(names.send, `${send.length} bytes`, `1 byte to ${MOST_SENT / 1024 / 1024} MiB`);
  if (expectFirst === '') throw refused(names.expectFirst, 'nothing to expect', 'a text');
  const tls = tlsOf(given, names, url);
  // Robots are given an address, and would call the server by it.
  if (url && kind !== 'tcp' && !headers.some(([name]) => name.toLowerCase() === 'host'))
    headers.unshift(['Host', authorityOf(url)]);
  const options: TargetOptions = {
    ...(tls && { tls }),
    ...(headers.length > 0 && { headers }),
    ...(subprotocols.length > 0 && { subprotocols: [...subprotocols] }),
    ...(send && { send: Buffer.from(send).toString('base64') }),
    ...(expectFirst !== undefined && { expectFirst }),
  };
  return Object.keys(options).length > 0 ? options : undefined;
}

function headersOf(
  { headers: given, cookies }: GivenOptions,
  names: OptionNames,
  kind: TargetUrl['kind'],
): [string, string][] {
  const where = given.length > 0 ? names.headers : names.cookies;
  if (kind === 'tcp' && given.length + cookies.length > 0)
    throw refused(where, 'tcp users send no request', 'with http, https, ws or wss');
  const headers = given.map(([name, value]): [string, string] => [name.trim(), value.trim()]);
  for (const [name, value] of headers) {
    if (!TOKEN.test(name)) throw refused(names.headers, 'not a name of a field', "'Name: value'");
    if (!FIELD_VALUE.test(value)) throw refused(`${names.headers} ${name}`, ...NO_VALUE);
    if (!OURS.test(name)) continue;
    const instead = /^sec-websocket-protocol$/i.test(name) ? names.subprotocols : 'any other field';
    throw refused(`${names.headers} ${name}`, 'users write this field themselves', instead);
  }
  for (const cookie of cookies) {
    const name = cookie.split('=', 1)[0] ?? '';
    if (name === cookie || !TOKEN.test(name)) throw refused(names.cookies, 'not a cookie', "'name=value'");
    if (!FIELD_VALUE.test(cookie) || cookie.includes(';'))
      throw refused(`${names.cookies} ${name}`, NO_VALUE[0], `${NO_VALUE[1]}, and no ;`);
  }
  if (cookies.length === 0) return headers;
  // A client sends one (RFC 6265 §5.4).
  const isCookie = ([name]: [string, string]) => name.toLowerCase() === 'cookie';
  const all = [...headers.filter(isCookie).map(([, value]) => value), ...cookies];
  return [...headers.filter((header) => !isCookie(header)), ['Cookie', all.join('; ')]];
}

const NO_VALUE = [
  'a line break, a control character or a character beyond latin1',
  'text in latin1, on one line',
] as const;

function tlsOf(
  { ca, insecure, servername }: GivenOptions,
  names: OptionNames,
  url: TargetUrl | undefined,
): TlsOptions | undefined {
  if (!url?.tls) {
    const one = (['ca', 'insecure', 'servername'] as const).find(
      (name) => ({ ca, insecure: insecure || undefined, servername })[name] !== undefined,
    );
    if (one === undefined) return undefined;
    throw refused(names[one], 'no TLS without a URL that has it', `with ${SCHEMES_WITH_TLS}`);
  }
  if (insecure && ca !== undefined)
    throw refused(`${names.insecure} and ${names.ca}`, 'any certificate is taken, or these', 'one of them');
  if (ca !== undefined) checkCertificates(names.ca, ca);
  if (servername !== undefined && (isIP(servername) > 0 || !/^[\w-]+(?:\.[\w-]+)*$/.test(servername)))
    throw refused(names.servername, 'not a name (RFC 6066 has no addresses in SNI)', 'a host name');
  const name = servername ?? (isIP(url.host) === 0 ? url.host : undefined);
  return {
    ...(ca !== undefined && { ca }),
    ...(insecure && { insecure }),
    ...(name !== undefined && { servername: name }),
  };
}

/** Node takes a bundle without a certificate, or with a broken one, and says nothing. */
function checkCertificates(where: string, pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const allowed = 'certificates in PEM (-----BEGIN CERTIFICATE-----)';
  if (blocks.length === 0) throw refused(where, 'no certificate in it', allowed);
  for (const block of blocks)
    try {
      new X509Certificate(block);
    } catch (error) {
      throw refused(where, `a certificate that cannot be read (${messageOf(error)})`, allowed);
    }
}

function refused(where: string, why: string, allowed: string): UsageError {
  return new UsageError(`${where}: ${why}; allowed: ${allowed}`);
}

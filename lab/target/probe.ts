import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { defined } from '../../common/defined.ts';
import type { TargetOptions, TlsOptions } from '../../protocol/target-options.ts';
import { closeFrame } from '../../robots/frames.ts';
import { upgradeRequest } from '../../robots/handshake.ts';
import { type HeaderField, requestHead } from '../../robots/kinds/request-head.ts';
import { type Heard, talk } from './one-connection.ts';
import type { ProbeFinding } from './probe-finding.ts';
import type { Load } from './server-load.ts';
import { costOfUser, type UserCost } from './user-cost.ts';

/** Who is asked, and as what. */
export interface Asked {
  host: string;
  port: number;
  kind: Load['kind'];
  path: string;
  options: TargetOptions;
  timeoutMs: number;
  /** Whether some connections more are to tell what a user costs the server. */
  measured?: boolean;
}

/** Whoever has said nothing after this is ill, or speaks something else, ms. */
const LONGEST_MS = 3000;
/** A server that speaks first does so within this, ms; and answers a hello of TLS within that. */
const GREETING_MS = 300;
const HELLO_MS = 800;

/** By what OpenSSL means bytes that are no TLS. */
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE)$/;
/** An alert record of TLS and the major version of its protocol (RFC 8446 §5.1). */
const ALERT = Buffer.of(0x15, 0x03);
const NORMAL = 1000;

/**
 * What stands in the way of all users alike, by one connection that ends in order; another one tells what the first was not certain of.
 * Where nothing does, some more over TLS tell what a user costs the server.
 * It sends no first message: that may log a user in. A server that does not answer, or fails, is for the diagnosis: that is `fine`.
 */
export async function probe(asked: Asked): Promise<ProbeFinding> {
  return asked.options.tls ? probeTls(asked, asked.options.tls) : probePlain(asked);
}

async function probeTls(asked: Asked, tls: TlsOptions): Promise<ProbeFinding> {
  const heard = await ask(asked, tls);
  if (heard.secured) {
    const finding = await subprotocolIn(asked, heard);
    if (finding.is !== 'fine' || !asked.measured) return finding;
    return { is: 'fine', ...defined({ cost: await costOf(asked, tls, heard) }) };
  }
  const { code = '', syscall, message = '' } = heard.error ?? {};
  if (NO_TLS.test(code)) return { is: 'plain' };
  if (heard.connected && syscall === undefined && isOfCertificate(code))
    return { is: 'untrusted', says: wrongName(heard.error) ?? plainWords(message) };
  if (!heard.connected) return { is: 'unreached' };
  if (asked.kind === 'tcp') return { is: 'fine' };
  // It took the hello for something else and hung up, or waits for more of it.
  const { bytes } = await ask(asked, undefined);
  return isHttp(bytes) && statusIn(bytes) !== 400 ? { is: 'plain' } : { is: 'fine' };
}

/** Of a server that answers: what a user costs it. */
function costOf(asked: Asked, tls: TlsOptions, first: Heard): Promise<UserCost | undefined> {
  const { host, port, kind, timeoutMs } = asked;
  const ms = Math.min(timeoutMs, LONGEST_MS);
  const handshake = async () => (await talk({ host, port, tls, until: () => true, ms })).secured;
  const asks = kind !== 'tcp' && isHttp(first.bytes);
  return costOfUser(port, handshake, asks ? async () => isHttp((await ask(asked, tls)).bytes) : undefined);
}

async function probePlain(asked: Asked): Promise<ProbeFinding> {
  const heard = await ask(asked, undefined);
  if (!heard.connected) return { is: 'unreached' };
  if (heard.bytes.indexOf(ALERT) === 0) return { is: 'tls' };
  // Servers of TLS hang up, wait, or answer 400 in plain words.
  const answered = heard.bytes.length > 0 && statusIn(heard.bytes) !== 400;
  if (!answered && (await speaksTls(asked))) return { is: 'tls' };
  return subprotocolIn(asked, heard);
}

async function speaksTls({ host, port, options }: Asked): Promise<boolean> {
  const servername = options.headers?.find(([name]) => name === 'Host')?.[1].replace(/:\d+$/, '');
  const tls = { insecure: true, ...(servername && !/^[\d.[]/.test(servername) && { servername }) };
  const { secured, error } = await talk({ host, port, tls, until: () => true, ms: HELLO_MS });
  return secured || /^ERR_SSL_.*_ALERT_/.test(error?.code ?? '');
}

async function subprotocolIn(asked: Asked, { bytes }: Heard): Promise<ProbeFinding> {
  const { subprotocols = [], tls } = asked.options;
  if (asked.kind !== 'ws' || subprotocols.length === 0 || !isHttp(bytes)) return { is: 'fine' };
  const status = statusIn(bytes);
  if (status === 101) {
    const taken = /^sec-websocket-protocol:[ \t]*(.*?)[ \t]*\r?$/im.exec(bytes.toString('latin1'))?.[1];
    if (taken !== undefined && subprotocols.includes(taken)) return { is: 'fine' };
    return { is: 'no-subprotocol', says: taken === undefined ? 'it names none' : `it names ${taken}` };
  }
  // It may be anything else that is wrong.
  const without = await ask({ ...asked, options: { ...asked.options, subprotocols: [] } }, tls);
  return statusIn(without.bytes) === 101
    ? { is: 'no-subprotocol', says: `HTTP ${status} with them, 101 without` }
    : { is: 'fine' };
}

/** One request of a user, or for tcp nothing, and what comes. */
function ask(
  { host, port, kind, path, options, timeoutMs }: Asked,
  tls: TlsOptions | undefined,
): Promise<Heard> {
  const ms = kind === 'tcp' && !tls ? GREETING_MS : Math.min(timeoutMs, LONGEST_MS);
  return talk({
    ...{ host, port, ms, tls },
    ...(kind !== 'tcp' && { says: requestOf({ host, port, kind, path, options }) }),
    until: (bytes) => (kind === 'tcp' ? tls !== undefined || bytes.length > 0 : bytes.includes('\r\n\r\n')),
    goodbye: (bytes) => (kind === 'ws' && statusIn(bytes) === 101 ? closeFrame(NORMAL) : undefined),
  });
}

function requestOf({ host, port, kind, path, options }: Omit<Asked, 'timeoutMs' | 'measured'>): Buffer {
  const { headers = [], subprotocols = [] } = options;
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (kind === 'http')
    return Buffer.from(requestHead(path, [['Host', authority], ...OF_HTTP], headers), 'latin1');
  const given: HeaderField[] =
    subprotocols.length > 0 ? [['Sec-WebSocket-Protocol', subprotocols.join(', ')], ...headers] : headers;
  return Buffer.from(upgradeRequest(authority, randomBytes(16).toString('base64'), path, given), 'latin1');
}

const OF_HTTP: readonly HeaderField[] = [
  ['Connection', 'keep-alive'],
  ['User-Agent', 'resetlab'],
  ['Accept', '*/*'],
];

/** Node tells of the OS by a name of errno, of TLS by one of OpenSSL, and of a certificate by neither. */
function isOfCertificate(code: string): boolean {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' || (code !== '' && !/^(?:ERR_|ECONN|EPIPE)/.test(code));
}

/** Of a certificate for others: for whom. */
function wrongName(error: NodeJS.ErrnoException | undefined): string | undefined {
  if (error?.code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined;
  const { host, cert } = error as { host?: string; cert?: Partial<PeerCertificate> };
  return `it is for ${cert?.subjectaltname ?? cert?.subject?.CN ?? 'no name'}, not for ${host}`;
}

/** Without Node's advice for its own command line, which is none for the lab's. */
const plainWords = (message: string) => message.replace(/;.*/s, '');

const isHttp = (bytes: Buffer) => /^HTTP\/1\.\d \d{3}/.test(bytes.toString('latin1', 0, 16));
const statusIn = (bytes: Buffer) => Number(/^HTTP\/1\.\d (\d{3})/.exec(bytes.toString('latin1', 0, 16))?.[1]);

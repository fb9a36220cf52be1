import type { Stage } from '../protocol/fleet-events.ts';

const CA = '--ca FILE trusts it, --insecure takes any';
const SELF_SIGNED = `its certificate is self-signed: ${CA}`;
const UNKNOWN_ISSUER = `its certificate is signed by one that is not trusted: ${CA}`;

/** By Node's code of a certificate that does not verify (node: tls, X509 certificate error codes), what helps. */
const CERTIFICATES: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
  CERT_HAS_EXPIRED: 'its certificate has expired: --insecure takes any',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: --insecure takes any',
};

const OTHER_NAMES = 'ERR_TLS_CERT_ALTNAME_INVALID';

/** What OpenSSL makes of bytes that are no TLS. */
const NO_TLS: readonly string[] = [
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
];

/** An alert record and the major version of its protocol (RFC 8446, 5.1). */
const ALERT = '\x15\x03';

/** The detail of a user without TLS whose server answered with an alert of TLS. */
export const SPEAKS_TLS = 'the server speaks TLS on this port';

/** Whether what a server said, in latin1, begins with an alert of TLS. */
export function isAlert(said: string): boolean {
  return said.startsWith(ALERT);
}

const BAD_REQUEST = /^HTTP\/1\.[01] 400 /;

/** What is in the answer of Go (net/http/server.go), nginx (497) and httpd (modules/ssl/ssl_engine_kernel.c) to HTTP without TLS. */
const WANTS_TLS = /HTTP request (?:to an|was sent to) HTTPS|speaking plain HTTP to an SSL-enabled/;

/** Whether an answer of HTTP says that it was to come over TLS. */
export function wantsTls(answer: Buffer): boolean {
  return BAD_REQUEST.test(answer.toString('latin1', 0, 13)) && WANTS_TLS.test(answer.toString('latin1'));
}

/** What an error is that TLS made, not the OS: its detail; undefined for any other. */
export function tlsDetail(
  stage: Stage,
  { errno, syscall, message = '' }: { errno: string; syscall?: string | undefined; message?: string },
): string | undefined {
  if (syscall !== undefined) return undefined;
  if (errno.startsWith('ERR_SSL_')) return opensslDetail(stage, errno);
  if (stage !== 'tls') return undefined;
  if (errno === OTHER_NAMES)
    return `its certificate is for other names (${altnames(message)}): --servername NAME looks for that one, --insecure takes any`;
  return CERTIFICATES[errno] ?? `its certificate does not verify (${errno}): --insecure takes any`;
}

function opensslDetail(stage: Stage, errno: string): string {
  if (stage === 'tls' && NO_TLS.includes(errno)) return 'the server does not speak TLS on this port';
  const alert = /_ALERT_(?:ALERT_)?(.+)$/.exec(errno)?.[1];
  const words = (alert ?? errno.slice('ERR_SSL_'.length)).toLowerCase().replaceAll('_', ' ');
  return alert === undefined ? `TLS: ${words}` : `the server ended TLS with the alert "${words}"`;
}

/** Node's message ends with the names: "… is not in the cert's altnames: DNS:a, DNS:b". */
function altnames(message: string): string {
  return /.*altnames: (.+)$/.exec(message)?.[1] ?? /cert's CN: (.+)$/.exec(message)?.[1] ?? 'none';
}

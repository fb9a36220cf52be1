import { isIPv6 } from 'node:net';
import { UsageError } from '../../common/errors.ts';

/** A server as people name it: `wss://localhost:8443/play`. */
export interface TargetUrl {
  /** What users speak, with or without TLS. */
  kind: 'ws' | 'http' | 'tcp';
  tls: boolean;
  /** A name, or an address without brackets. */
  host: string;
  port: number;
  /** With its query; `/` for tcp. */
  path: string;
}

const SCHEMES: Readonly<Record<string, Pick<TargetUrl, 'kind' | 'tls'>>> = {
  ws: { kind: 'ws', tls: false },
  wss: { kind: 'ws', tls: true },
  http: { kind: 'http', tls: false },
  https: { kind: 'http', tls: true },
  tcp: { kind: 'tcp', tls: false },
  tls: { kind: 'tcp', tls: true },
};
const ALLOWED = 'a URL like wss://localhost:8443/play (ws, wss, http, https, tcp or tls)';

/** The ports that these schemes have by themselves (RFC 9110 §4.2, RFC 6455 §3). */
const PORTS = { plain: 80, tls: 443 } as const;

/**
 * Takes a URL apart. `where` is what the error line names: `--url`, say.
 * @throws {UsageError} in one line, when it is none or has a part that nothing could be made of
 */
export function readTargetUrl(where: string, text: string): TargetUrl {
  const refused = (why: string, allowed = ALLOWED) =>
    new UsageError(`${where} ${text}: ${why}; allowed: ${allowed}`);
  // WHATWG takes `localhost:8080` for a scheme and a path.
  const [, name = ''] = /^([a-z][a-z\d+.-]*):\/\//i.exec(text) ?? [];
  const scheme = Object.hasOwn(SCHEMES, name.toLowerCase()) ? SCHEMES[name.toLowerCase()] : undefined;
  if (scheme === undefined) throw refused(name === '' ? 'no scheme' : `no such scheme: ${name}`);
  const url = URL.parse(text);
  if (url === null || url.hostname === '') throw refused('not a URL');
  if (url.username !== '' || url.password !== '')
    throw refused('a user in a URL', "--header 'Authorization: Basic …' for one who has to log in");
  if (url.hash !== '') throw refused('a fragment, which is never sent', 'a URL without #');
  const path = `${url.pathname || '/'}${url.search}`;
  if (scheme.kind === 'tcp' && path !== '/') throw refused(`${name} has no path`, `${name}://HOST:PORT`);
  if (scheme.kind === 'tcp' && url.port === '') throw refused('no port', `${name}://HOST:PORT`);
  if (url.port === '0') throw refused('port 0', 'a port from 1 to 65535');
  const port = url.port === '' ? PORTS[scheme.tls ? 'tls' : 'plain'] : Number(url.port);
  return { ...scheme, host: url.hostname.replace(/^\[|\]$/g, ''), port, path };
}

/** Host and port as a client of this scheme writes them into the field Host: without the port that the scheme has by itself. */
export function authorityOf({ host, port, tls }: Pick<TargetUrl, 'host' | 'port' | 'tls'>): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === PORTS[tls ? 'tls' : 'plain'] ? name : `${name}:${port}`;
}

/** The URL as it may be written down: a query can hold what is nobody's business. */
export function shownUrl(url: TargetUrl): string {
  const scheme = Object.keys(SCHEMES).find(
    (name) => SCHEMES[name]?.kind === url.kind && SCHEMES[name].tls === url.tls,
  );
  const port = url.kind === 'tcp' ? `:${url.port}` : '';
  const authority =
    port === '' ? authorityOf(url) : `${isIPv6(url.host) ? `[${url.host}]` : url.host}${port}`;
  return `${scheme}://${authority}${url.kind === 'tcp' ? '' : withoutQuery(url.path)}`;
}

/** A path without its query. */
export function withoutQuery(path: string): string {
  return path.replace(/\?.*$/s, '');
}

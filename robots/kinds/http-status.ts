/** The status of an answer that begins with this (RFC 9112 §4); undefined: it has none. */
export function statusOf(line: string): number | undefined {
  const digits = /^HTTP\/1\.[01] ([1-5]\d\d)(?![^ \r])/.exec(line)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** An answer before the final one (RFC 9110 §15.2). 101 is final: what follows it is no HTTP. */
export function isInterim(status: number): boolean {
  return status < 200 && status !== 101;
}

/**
 * Whether a final answer to a GET says that the user was not served. 429: it came too often (RFC 6585 §4). 502, 503, 504: what is
 * behind the server, or its room, failed. Any other from 500 as well: the server did not do what it was asked (RFC 9110 §15.6), and
 * nginx says 500 when it has no connection or no descriptor left for its upstream (src/http/ngx_http_upstream.c,
 * ngx_http_upstream_connect). Every other answer is an answer: 404 comes from a server that had room.
 */
export function isFailure(status: number): boolean {
  return status === 429 || status >= 500;
}

import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

/**
 * A proxy: each connection of PORT is carried on to the first of UPSTREAMS that takes one: ports, `host:port`, or paths, by comma. Where
 * none does within WITHIN_MS (5000), ANSWER says what becomes of the user: `close` (default), or `502`. CHECK_MS: so often it looks whether they are there.
 */
const { PORT, UPSTREAMS = '', ANSWER = 'close', WITHIN_MS = '5000', CHECK_MS } = process.env;
const BAD = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

function placeOf(text: string): NetConnectOpts {
  if (text.startsWith('/')) return { path: text };
  const [host = '127.0.0.1', port = host] = text.split(':');
  return { host: port === host ? '127.0.0.1' : host, port: Number(port) };
}

function carry(user: Socket, [first, ...others]: string[]): void {
  if (user.destroyed) return;
  if (first === undefined) {
    if (ANSWER === '502') user.resume().end(BAD);
    else user.destroy();
    return;
  }
  const upstream = connect(placeOf(first));
  const late = setTimeout(() => upstream.destroy(new Error('late')), Number(WITHIN_MS));
  const failed = () => {
    clearTimeout(late);
    carry(user, others);
  };
  upstream.once('error', failed);
  upstream.once('connect', () => {
    clearTimeout(late);
    upstream.off('error', failed).on('error', () => user.destroy());
    user.on('close', () => upstream.destroy());
    upstream.on('close', () => user.destroy());
    user.pipe(upstream);
    upstream.pipe(user);
  });
}

if (CHECK_MS !== undefined)
  setInterval(() => {
    for (const place of UPSTREAMS.split(',')) {
      const check = connect(placeOf(place), () => check.end());
      check.on('error', () => {});
    }
  }, Number(CHECK_MS));

createServer((user) => {
  user.on('error', () => {});
  carry(user, UPSTREAMS.split(','));
}).listen(Number(PORT), '0.0.0.0');

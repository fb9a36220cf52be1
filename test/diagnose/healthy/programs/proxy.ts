import { createServer } from 'node:http';
import { connect } from 'node:net';

/**
 * A proxy: each request goes to UPSTREAM (a port) by a connection of its own, which it resets as soon as it has the answer. BESIDE: this
 * port is tried for each request as well, and what comes of it is no matter (a cache, a log).
 */
createServer((_, response) => {
  const { BESIDE } = process.env;
  if (BESIDE !== undefined) {
    const beside = connect(Number(BESIDE), '127.0.0.1', () => beside.end());
    beside.on('error', () => {});
  }
  const upstream = connect(Number(process.env.UPSTREAM), '127.0.0.1');
  upstream.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  upstream
    .on('error', () => {})
    .once('data', () => {
      upstream.resetAndDestroy();
      response.setHeader('content-length', 2);
      response.end('ok');
    });
}).listen(Number(process.env.PORT), '0.0.0.0');

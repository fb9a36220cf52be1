import type { Program } from '../program.ts';
import { cap, handshake, idle, nofile, ofAny } from '../situations.ts';
import { HTTP } from '../speeches.ts';

const SERVER = 'http-server@14.1.1';
const FASTIFY = 'fastify@5.2.0';

/** A server of files. */
export const httpServer: Program = {
  name: 'http-server',
  language: 'JavaScript',
  source: { npm: [SERVER] },
  kind: 'http',
  speech: HTTP,
  recipe: ({ port, folder, cache }) => ({
    argv: [
      process.execPath,
      `${cache}/npm/node_modules/http-server/bin/http-server`,
      `${folder}/www`,
      '-p',
      String(port),
      '-s',
    ],
    files: { 'www/index.html': 'ok' },
  }),
  situations: [
    ...ofAny(),
    // It dies of the first file that it cannot open.
    nofile(70, {
      truth: ['fd-exhaustion', 'gateway-crash', 'app-timeout-or-panic'],
      log: /EMFILE/,
      beyond: ['cut', 'closed', 'reset', 'refused'],
    }),
  ],
};

/** A server of applications. */
export const fastify: Program = {
  name: 'fastify',
  language: 'JavaScript',
  source: { npm: [FASTIFY] },
  kind: 'http',
  speech: HTTP,
  recipe({ port, cache, set }) {
    const { maxConnections = 0, keepAliveTimeout = 30_000, headersTimeout = 30_000 } = set;
    const options = { keepAliveTimeout, http: { headersTimeout, connectionsCheckingInterval: 200 } };
    const app = [
      `const server = require('${cache}/npm/node_modules/fastify')(${JSON.stringify(options)});`,
      `if (${maxConnections}) server.server.maxConnections = ${maxConnections};`,
      "server.get('/', () => 'ok');",
      `server.listen({ port: ${port}, host: '0.0.0.0' });\n`,
    ];
    return { argv: [process.execPath, 'app.cjs'], files: { 'app.cjs': app.join('\n') } };
  },
  situations: [
    ...ofAny(),
    cap(30, { maxConnections: 30 }),
    idle({ keepAliveTimeout: 1000 }),
    handshake({ headersTimeout: 1000 }),
    nofile(70),
  ],
};

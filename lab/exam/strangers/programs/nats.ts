import type { Program } from '../program.ts';
import { cap, handshake, nofile, ofAny } from '../situations.ts';
import { NATS } from '../speeches.ts';

const WITH_NAME = NATS.ask.replace('{', '{"user":"stranger","pass":"stranger",');

/** A broker. */
export const nats: Program = {
  name: 'nats',
  language: 'Go',
  source: { go: 'github.com/nats-io/nats-server/v2@v2.10.22' },
  kind: 'tcp',
  speech: { ...NATS, ask: WITH_NAME },
  recipe({ port, folder, cache, set }) {
    const { max_connections = 1000, timeout = 30 } = set;
    const conf = [
      `listen: "0.0.0.0:${port}"\nmax_connections: ${max_connections}`,
      `authorization { user: stranger, password: stranger, timeout: ${timeout} }\n`,
    ];
    return {
      argv: [`${cache}/go/nats-server`, '-c', `${folder}/nats.conf`],
      files: { 'nats.conf': conf.join('\n') },
    };
  },
  situations: [
    ...ofAny(),
    cap(30, { max_connections: 30 }, { log: /maximum connections exceeded/ }),
    handshake({ timeout: 1 }),
    nofile(60),
  ],
};

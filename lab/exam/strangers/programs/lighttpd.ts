import type { Program } from '../program.ts';
import { handshake, idle, ofAny, waits } from '../situations.ts';
import { HTTP } from '../speeches.ts';

export const lighttpd: Program = {
  name: 'lighttpd',
  language: 'C',
  source: { debian: { packages: ['lighttpd'], command: 'lighttpd' } },
  kind: 'http',
  speech: HTTP,
  recipe({ port, folder, set }) {
    const lines = Object.entries(set).map(([name, value]) => `server.${name} = ${value}`);
    const conf = [
      `server.port = ${port}\nserver.document-root = "${folder}/www"\nserver.errorlog = "/dev/stderr"`,
      'server.max-keep-alive-requests = 100000\nindex-file.names = ("index.html")',
      ...(set['max-keep-alive-idle'] === undefined ? ['server.max-keep-alive-idle = 30'] : []),
      ...lines,
    ];
    return {
      argv: ['lighttpd', '-D', '-f', `${folder}/lighttpd.conf`],
      files: { 'lighttpd.conf': `${conf.join('\n')}\n`, 'www/index.html': 'ok' },
    };
  },
  situations: [
    ...ofAny(),
    waits(20, { 'max-connections': 20 }),
    // It takes a third of its descriptors as connections, and accepts no more: a limit of its own, which comes of that one. Where nobody leaves
    // it may as well be blocked.
    waits(20, undefined, { id: 'nofile', nofile: 60, truth: ['fd-exhaustion', 'concurrency-limit'] }),
    idle({ 'max-keep-alive-idle': 1 }),
    handshake({ 'max-read-idle': 2 }),
  ],
};

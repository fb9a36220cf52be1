import type { Program } from '../program.ts';
import { cap, idle, nofile, ofAny } from '../situations.ts';
import { HTTP } from '../speeches.ts';

export const yaws: Program = {
  name: 'yaws',
  language: 'Erlang',
  source: { debian: { packages: ['yaws'], command: 'yaws' } },
  kind: 'http',
  speech: HTTP,
  recipe({ port, folder, set }) {
    const { max_connections = 'nolimit', keepalive_timeout = 30_000 } = set;
    const conf = [
      `logdir = ${folder}\nmax_connections = ${max_connections}\nkeepalive_timeout = ${keepalive_timeout}`,
      `<server stranger>\n  port = ${port}\n  listen = 0.0.0.0\n  docroot = ${folder}/www\n</server>\n`,
    ];
    return {
      argv: ['yaws', '-i', '-c', `${folder}/yaws.conf`, '--id', 'stranger', '--erlarg', '-noshell -noinput'],
      files: { 'yaws.conf': conf.join('\n'), 'www/index.html': 'ok' },
      env: { HOME: folder, YAWSHOME: folder },
    };
  },
  situations: [
    ...ofAny(),
    cap(30, { max_connections: 30 }),
    idle({ keepalive_timeout: 1500 }),
    // When accept(2) says EMFILE the whole of its application ends, and Erlang with it: users are cut by that end.
    nofile(100, {
      // Where Erlang lives on, its listener is closed for good.
      truth: ['fd-exhaustion', 'gateway-crash', 'app-timeout-or-panic', 'listener-closed'],
      beyond: ['reset', 'closed', 'cut', 'refused'],
    }),
  ],
};

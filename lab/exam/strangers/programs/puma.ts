import type { Program } from '../program.ts';
import { busy, handshake, idle, nofile, ofAny } from '../situations.ts';
import { HTTP } from '../speeches.ts';

export const puma: Program = {
  name: 'puma',
  language: 'Ruby',
  source: { debian: { packages: ['puma'], command: 'puma' } },
  kind: 'http',
  speech: HTTP,
  recipe({ port, folder, set }) {
    const { threads = 5, persistent_timeout = 30, first_data_timeout = 30 } = set;
    const conf = [
      `bind 'tcp://0.0.0.0:${port}'\nthreads ${threads}, ${threads}\nworkers 0\nenvironment 'production'`,
      `persistent_timeout ${persistent_timeout}\nfirst_data_timeout ${first_data_timeout}`,
      "app { |env| sleep 5 if env['PATH_INFO'] == '/slow'; [200, { 'Content-Length' => '2' }, ['ok']] }\n",
    ];
    return {
      argv: ['puma', '-C', `${folder}/puma.rb`],
      files: { 'puma.rb': conf.join('\n') },
    };
  },
  situations: [
    ...ofAny(),
    idle({ persistent_timeout: 1 }),
    handshake({ first_data_timeout: 1 }),
    busy(2, { threads: 2 }, { ask: HTTP.ask.replace('GET /', 'GET /slow') }),
    // A thread stays with who was answered for a while: with few, users wait for those, and not for descriptors.
    nofile(60, { set: { threads: 40 }, log: /Too many open files/ }),
  ],
};

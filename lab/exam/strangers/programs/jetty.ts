import type { Program } from '../program.ts';
import { idle, nofile, ofAny, waits } from '../situations.ts';
import { HTTP } from '../speeches.ts';

const HOME = '/usr/share/jetty9';

export const jetty: Program = {
  name: 'jetty',
  language: 'Java',
  source: { debian: { packages: ['jetty9'], command: `${HOME}/start.jar` } },
  kind: 'http',
  speech: HTTP,
  recipe({ port, folder, set }) {
    const { idleTimeout = 30_000, maxConnections } = set;
    const modules = [
      'server',
      'http',
      'deploy',
      ...(maxConnections === undefined ? [] : ['connectionlimit']),
    ];
    const given = [
      `jetty.http.port=${port}`,
      `jetty.http.idleTimeout=${idleTimeout}`,
      ...(maxConnections === undefined
        ? []
        : [
            `jetty.connection.limit=${maxConnections}`,
            `jetty.connectionlimit.maxConnections=${maxConnections}`,
            // Once it is full it closes who is silent for a second, unless it is told otherwise: that is a clock, and true as well.
            `jetty.connectionlimit.idleTimeout=${idleTimeout}`,
          ]),
    ];
    const jvm = ['-Xmx64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
    return {
      argv: [
        'java',
        ...jvm,
        '-jar',
        `${HOME}/start.jar`,
        `jetty.home=${HOME}`,
        `jetty.base=${folder}/base`,
        ...modules.map((module) => `--module=${module}`),
        ...given,
      ],
      files: { 'base/webapps/ROOT/index.html': 'ok' },
    };
  },
  situations: [...ofAny(), idle({ idleTimeout: 1500 }), waits(20, { maxConnections: 20 }), nofile(150)],
};

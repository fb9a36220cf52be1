import type { Program } from '../program.ts';
import { handshake, held, idle, ofAny, waits, workerKilled } from '../situations.ts';
import { HTTP } from '../speeches.ts';

const MODULES = '/usr/lib/apache2/modules';

/** With a process for each user. */
export const apachePrefork: Program = apache('apache-prefork', 'prefork', [
  waits(8, { workers: 8 }, { robots: { users: 25, timeout: '3s', hold: '1s' } }),
  workerKilled(),
]);

/** With threads. */
export const apacheEvent: Program = apache('apache-event', 'event', [held(6, { workers: 6 })]);

function apache(name: string, mpm: string, own: Program['situations']): Program {
  return {
    name,
    language: 'C',
    source: { debian: { packages: ['apache2-bin'], command: 'apache2' } },
    kind: 'http',
    speech: HTTP,
    recipe({ port, folder, set }) {
      const { workers = 40, spare = Math.min(25, Number(workers)), KeepAliveTimeout = 30, header = 30 } = set;
      const modules = [`mpm_${mpm}`, 'authz_core', 'dir', 'reqtimeout', 'mime'];
      const threads =
        mpm === 'event'
          ? `ServerLimit 1\nStartServers 1\nThreadLimit ${workers}\nThreadsPerChild ${workers}`
          : `ServerLimit ${workers}\nStartServers ${spare}\nMinSpareServers ${spare}\nMaxSpareServers ${workers}`;
      const conf = [
        ...modules.map((module) => `LoadModule ${module}_module ${MODULES}/mod_${module}.so`),
        `Listen ${port}\nServerName stranger\nPidFile ${folder}/apache.pid\nErrorLog /dev/stderr`,
        `DefaultRuntimeDir ${folder}\nMutex fcntl:${folder}\nDocumentRoot ${folder}/www\nTypesConfig /dev/null`,
        `AcceptFilter http none\n${threads}\nMaxRequestWorkers ${workers}\nKeepAlive On\nMaxKeepAliveRequests 0`,
        `KeepAliveTimeout ${KeepAliveTimeout}\nRequestReadTimeout header=${header}`,
        '<Directory />\nRequire all granted\n</Directory>\n',
      ];
      return {
        argv: ['apache2', '-f', `${folder}/apache.conf`, '-D', 'FOREGROUND'],
        files: { 'apache.conf': conf.join('\n'), 'www/index.html': 'ok' },
      };
    },
    refusesRoot: true,
    situations: [...ofAny(), idle({ KeepAliveTimeout: 1 }), handshake({ header: 1 }), ...own],
  };
}

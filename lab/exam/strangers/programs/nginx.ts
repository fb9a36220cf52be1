import type { Given, Program, Recipe } from '../program.ts';
import {
  cap,
  handshake,
  idle,
  nofile,
  ofAny,
  reload,
  upstreamDown,
  upstreamFull,
  upstreamPorts,
  workerKilled,
} from '../situations.ts';
import { HTTP } from '../speeches.ts';

const PATHS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export const nginx: Program = {
  name: 'nginx',
  language: 'C',
  source: { debian: { packages: ['nginx-light'], command: 'nginx' } },
  kind: 'http',
  speech: HTTP,
  recipe: (given) => {
    if (given.set.slow === undefined) return conf(given, 'return 200 ok;');
    const recipe = conf(given, `root ${given.folder}/www; limit_rate 4k;`);
    return { ...recipe, files: { ...recipe.files, 'www/index.html': 'ok'.repeat(100_000) } };
  },
  situations: [
    ...ofAny(),
    reload(),
    // Users who wait for nothing it throws out, the oldest first: no cap is met then. These are all in the middle of an answer.
    cap(
      38,
      { worker_connections: 40, slow: 1 },
      { log: /worker_connections are not enough/, stay: { everyMs: 60_000 } },
    ),
    nofile(60, { log: /Too many open files/ }),
    idle({ keepalive_timeout: '1500ms' }),
    handshake({ client_header_timeout: '1500ms' }),
    workerKilled({ set: { worker_processes: 2 } }),
  ],
};

/** The same program as a proxy. */
export const nginxProxy: Program = {
  ...nginx,
  name: 'nginx-proxy',
  recipe: (given) => {
    const { behind = 1 } = given.set;
    const upstream = `127.0.0.1:${given.neighbour + Number(behind)}`;
    return conf(given, `proxy_pass http://${upstream}; proxy_connect_timeout 1s;`);
  },
  situations: [
    ...ofAny(),
    upstreamDown({ behind: 4 }),
    upstreamFull({ behind: 2 }),
    upstreamPorts({ behind: 3 }),
    idle({ keepalive_timeout: '1500ms' }),
  ],
};

/** Several workers have a queue each, so that all of them get users. */
function conf({ port, folder, set }: Given, location: string): Recipe {
  const { worker_connections = 600, worker_processes = 1 } = set;
  const lines = ['keepalive_timeout', 'client_header_timeout'].flatMap((name) =>
    set[name] === undefined ? [] : [`${name} ${set[name]};`],
  );
  const text = [
    `daemon off; worker_processes ${worker_processes}; pid ${folder}/nginx.pid; error_log stderr;`,
    `events { worker_connections ${worker_connections}; }`,
    `http { access_log off; keepalive_requests 100000; ${lines.join(' ')}`,
    ...PATHS.map((name) => `${name}_temp_path ${folder}/${name};`),
    `server { listen ${port}${Number(worker_processes) > 1 ? ' reuseport' : ''}; location / { ${location} } } }`,
  ];
  return {
    argv: ['nginx', '-e', 'stderr', '-c', `${folder}/nginx.conf`],
    files: { 'nginx.conf': text.join('\n') },
  };
}

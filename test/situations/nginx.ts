import { readFileSync } from 'node:fs';
import type { Field } from '../diagnose/healthy/field.ts';
import { PORT } from './situation.ts';

/** Where Debian's libnginx-mod-stream puts what it has. */
export const STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so';

const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Starts nginx with this `http` or `stream` block, and gives its master's pid. */
export function serve(field: Field, block: string, workers = 1): Promise<number> {
  const { folder } = field.place;
  const stream = block.startsWith('stream') ? `load_module ${STREAM};` : '';
  const conf = `${stream} daemon off; worker_processes ${workers}; worker_rlimit_nofile 8192;
    pid ${folder}/nginx.pid; error_log ${folder}/error.log;
    events { worker_connections 4096; }
    ${block}`;
  return field.serve(['nginx', '-c', field.place.write('nginx.conf', conf)], PORT);
}

/** A web server that says `ok`; `listens` stands after the port. */
export function web(field: Field, listens = '', more = '', location = 'return 200 ok;'): string {
  const temporary = folders.map((name) => `${name}_temp_path ${field.place.folder}/${name};`).join(' ');
  return `http { access_log off; keepalive_timeout 60; ${temporary}
    server { listen ${PORT} ${listens}; ${more} location / { ${location} } } }`;
}

/** How many lines of its log have this. */
export function logged({ place }: Field, text: string): number {
  return readFileSync(`${place.folder}/error.log`, 'utf8').split(text).length - 1;
}

/** Its worker that holds the most sockets. */
export function fullest({ place }: Field, master: number): number {
  const said = place.run(
    `for p in $(cat /proc/${master}/task/*/children); do echo "$(ls -l /proc/$p/fd | grep -c socket) $p"; done | sort -n | tail -1`,
  );
  return Number(said.trim().split(' ')[1]);
}

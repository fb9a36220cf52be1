import type { Field } from './field.ts';
import { PORT } from './shape.ts';

/** Starts nginx with one worker, which says `ok` on the port that is watched. Gives its master's pid. */
export function serveNginx(field: Field, listens = ''): Promise<number> {
  const { place } = field;
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const conf = place.write(
    'nginx.conf',
    [
      `daemon off; worker_processes 1; pid "${place.folder}/nginx.pid"; error_log "${place.folder}/error.log";`,
      'events { worker_connections 1000; }',
      'http { access_log off;',
      ...paths.map((name) => `${name}_temp_path "${place.folder}/${name}";`),
      `server { listen ${PORT} ${listens}; location / { return 200 ok; } } }`,
    ].join('\n'),
  );
  return field.serve(['nginx', '-c', conf], PORT);
}

import assert from 'node:assert/strict';
import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('TCP_DEFER_ACCEPT, beside a neighbour whose users overflow its own queue', {
  whole: true,
  takes: ['nginx'],
  async stage(field) {
    const { place } = field;
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const conf = place.write(
      'deferred.conf',
      [
        `daemon off; worker_processes 1; pid "${place.folder}/nginx.pid"; error_log "${place.folder}/error.log";`,
        'events { worker_connections 1000; }',
        'http { access_log off;',
        ...paths.map((name) => `${name}_temp_path "${place.folder}/${name}";`),
        `server { listen ${PORT} deferred; location / { return 200 ok; } } }`,
      ].join('\n'),
    );
    await field.serve('deaf.ts', 9001);
    return field.serve(['nginx', '-c', conf], PORT);
  },
  async load(field) {
    const drops = await field.counted('ListenOverflows', async () => {
      const neighbours = field.visit('crowd.ts', 9001, { USERS: 60 });
      const [users] = await Promise.all([field.users(PORT, { POOL: 20, SHORT_MS: 20 }), neighbours]);
      assertServed(users, 60);
    });
    assert.ok(drops > 20, `${drops} dropped`);
  },
});

import type { Program } from '../program.ts';
import { busy, nofile, ofAny, withoutRobots } from '../situations.ts';
import { HTTP_ONCE } from '../speeches.ts';

/** PHP's own server: one request at a time. */
export const php: Program = {
  name: 'php',
  language: 'PHP',
  source: { debian: { packages: ['php-cli'], command: 'php' } },
  kind: 'http',
  speech: HTTP_ONCE,
  recipe: ({ port, folder }) => ({
    argv: ['php', '-d', 'log_errors=0', '-S', `0.0.0.0:${port}`, `${folder}/app.php`],
    files: {
      'app.php': "<?php if ($_SERVER['REQUEST_URI'] === '/slow') sleep(5); echo 'ok'; return true;",
    },
  }),
  situations: [
    ...ofAny({ stays: false }),
    busy(
      1,
      {},
      { ask: HTTP_ONCE.ask.replace('GET /', 'GET /slow') },
      {
        truth: ['concurrency-limit', 'not-accepting', 'event-loop-stall'],
      },
    ),
    {
      // Robots that stay are no users of a server that closes after each answer.
      ...withoutRobots(nofile(40)),
      load: (speech) => ({
        forMs: 5000,
        crowds: [
          { name: 'holding', users: 45, overMs: 300, does: 'half', untilMs: 4500, speech },
          { name: 'pool', users: 20, overMs: 1000, afterMs: 1000, does: 'visit', patienceMs: 2000, speech },
        ],
      }),
    },
  ],
};

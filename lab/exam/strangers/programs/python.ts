import type { Given, Program, Recipe } from '../program.ts';
import { busy, cap, held, idle, nofile, ofAny, waits, workerKilled } from '../situations.ts';
import { HTTP, HTTP_ONCE } from '../speeches.ts';

/** What these servers are given to serve: `/slow` takes longer than anybody waits. */
const WSGI = `import time
def app(environ, start):
    if environ['PATH_INFO'] == '/slow':
        time.sleep(5)
    start('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '2')])
    return [b'ok']
`;
const ASGI = `async def app(scope, receive, send):
    if scope['type'] != 'http':
        return
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]})
    await send({'type': 'http.response.body', 'body': b'ok'})
`;

const SLOW = { ask: HTTP.ask.replace('GET /', 'GET /slow') };

/** With processes that serve one user at a time, and close after each answer. */
export const gunicornSync: Program = {
  ...gunicorn('sync'),
  speech: HTTP_ONCE,
  situations: [
    ...ofAny({ stays: false }),
    held(2, { workers: 2 }),
    busy(2, { workers: 2 }, SLOW),
    workerKilledUnder(),
  ],
};

/** With threads. */
export const gunicornThreads: Program = {
  ...gunicorn('gthread'),
  situations: [...ofAny(), idle({ 'keep-alive': 1 }), busy(3, { threads: 3 }, SLOW)],
};

function gunicorn(kind: string): Program {
  return {
    name: `gunicorn-${kind}`,
    language: 'Python',
    source: { debian: { packages: ['gunicorn'], command: 'gunicorn' } },
    kind: 'http',
    speech: HTTP,
    recipe({ port, set }) {
      const given: Given['set'] = {
        ...(kind === 'gthread' ? { threads: 8, 'keep-alive': 30 } : { workers: 3 }),
        ...set,
      };
      const flags = Object.entries(given).map(([name, value]) => `--${name}=${value}`);
      const fixed = ['-k', kind, '-b', `0.0.0.0:${port}`, '--worker-tmp-dir', '/mnt'];
      return {
        argv: ['/usr/bin/python3', '/usr/bin/gunicorn', ...fixed, ...flags, 'app:app'],
        files: { 'app.py': WSGI },
      };
    },
    situations: [],
  };
}

/** One worker of several, while it serves. */
function workerKilledUnder() {
  const situation = workerKilled({ set: { workers: 3 } });
  return {
    ...situation,
    load: () => ({
      forMs: 5000,
      crowds: [
        {
          // One for each: who comes beyond them waits for another reason.
          name: 'pool',
          users: 3,
          overMs: 300,
          does: 'visit' as const,
          patienceMs: 4500,
          speech: { ...HTTP_ONCE, ...SLOW },
        },
      ],
    }),
    missing: (met: Record<string, { closed?: number; reset?: number }>) => {
      const hit = (met.pool?.closed ?? 0) + (met.pool?.reset ?? 0);
      return hit > 0 ? undefined : `nobody was cut: ${JSON.stringify(met)}`;
    },
  };
}

/** An event loop. */
export const uvicorn: Program = {
  name: 'uvicorn',
  language: 'Python',
  source: { pypi: ['uvicorn==0.30.6', 'h11==0.14.0', 'click==8.1.7'] },
  kind: 'http',
  speech: HTTP,
  recipe: (given) =>
    fromPypi(given, ['-m', 'uvicorn', '--host', '0.0.0.0', '--port', String(given.port)], ['app:app'], ASGI),
  situations: [
    ...ofAny(),
    cap(30, { 'limit-concurrency': 31, 'timeout-keep-alive': 30 }),
    idle({ 'timeout-keep-alive': 1 }),
    nofile(60, { set: { 'timeout-keep-alive': 30 } }),
  ],
};

/** An event loop of its own kind, with threads that serve. */
export const waitress: Program = {
  name: 'waitress',
  language: 'Python',
  source: { pypi: ['waitress==3.0.0'] },
  kind: 'http',
  speech: HTTP,
  recipe: (given) => fromPypi(given, ['-m', 'waitress', `--listen=0.0.0.0:${given.port}`], ['app:app'], WSGI),
  situations: [
    ...ofAny(),
    waits(20, { 'connection-limit': 20 }),
    idle({ 'channel-timeout': 1, 'cleanup-interval': 1 }),
    nofile(60),
  ],
};

function fromPypi({ cache, set }: Given, before: string[], after: string[], app: string): Recipe {
  const flags = Object.entries(set).map(([name, value]) => `--${name}=${value}`);
  return {
    argv: ['/usr/bin/python3', ...before, ...flags, ...after],
    files: { 'app.py': app },
    env: { PYTHONPATH: `/mnt:${cache}/pypi`, PYTHONDONTWRITEBYTECODE: '1' },
  };
}

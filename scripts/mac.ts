/**
 * `npm run mac`: what only a Mac can tell, in one folder: how many SYNs its loopback finds at once, descriptors at rest, what Node's listener
 * asks for, what its commands print, counters with and without root. Changes nothing of the host. Exit code 3 elsewhere.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { CannotRunError } from '../common/errors.ts';
import { tell } from '../common/tell.ts';
import type { SnapshotLine } from '../protocol/observer-events.ts';
import { run } from '../system/darwin/command.ts';
import { parseTcpStatistics } from '../system/darwin/netstat-statistics.ts';
import { parseListenQueue } from '../system/darwin/netstat-tables.ts';
import { commandEnv, hostWords } from '../system/host.ts';
import { parseSysctls } from '../system/sysctls.ts';
import { burst, stuckListener } from './mac/burst.ts';
import { type Looked, look, looksAt, STATISTICS } from './mac/commands.ts';
import { evictedBy, limitOf, synsAtOnce } from './mac/syns-at-once.ts';

const ROOT = join(import.meta.dirname, '..');
/** The burst: so many users at a queue of that length, so often. */
const USERS = 512;
const BACKLOG = 128;
const TRIES = 5;
/** A run of the lab for the descriptors at rest: it is over in seconds. */
const SMALL_RUN = ['--users', '150', '--ramp', '500ms', '--set', 'nofile=128', '--no-fix', '--json'];
const SMALL_RUN_MS = 120_000;

process.on('uncaughtException', (error) => process.exit(tell(error, 'mac')));
if (process.platform !== 'darwin')
  throw new CannotRunError(
    `this is ${process.platform}, and what is asked is what macOS does; on a Mac: npm run mac`,
  );

const folder = resolve(
  process.argv[2] ?? join(ROOT, 'runs', `mac-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`),
);
mkdirSync(folder, { recursive: true });
const keep = (name: string, content: unknown) =>
  writeFileSync(
    join(folder, name),
    typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`,
  );
const say = (line: string) => process.stderr.write(`mac: ${line}\n`);

/** Statistics as root, where that needs no password. */
const asRoot = (): Promise<string | undefined> =>
  process.getuid?.() === 0
    ? run('netstat', '-s', '-p', 'tcp')
    : new Promise((done) => {
        const options = { env: commandEnv(), timeout: 5000 };
        execFile('sudo', ['-n', 'netstat', '-s', '-p', 'tcp'], options, (error, stdout) =>
          done(error ? undefined : stdout),
        );
      });

say(`writes ${folder}; takes about a minute`);
const sysctls = parseSysctls((await run('sysctl', 'kern.ipc.somaxconn', 'kern.ipc.soqlimitcompat')) ?? '');
const somaxconn = Number(sysctls['kern.ipc.somaxconn'] ?? 128);

say('what Node’s listener asks for, and what its commands print');
const plain = await stuckListener();
const looked: Looked[] = [];
for (const one of looksAt(plain))
  looked.push(await look(one, ([command = '', ...args]) => run(command, ...args)));
const ours = looked.find(({ command }) => command.startsWith('netstat -L'))?.text ?? '';
const root = await asRoot();
if (root !== undefined)
  looked.push({
    ...(await look(STATISTICS, () => Promise.resolve(root))),
    command: 'sudo netstat -s -p tcp',
  });
plain.end();
for (const [index, { command, text }] of looked.entries())
  if (text !== null)
    keep(`${String(index + 1).padStart(2, '0')}-${command.replace(/[^\w]+/g, '-').slice(0, 40)}.txt`, text);

say(`the batch: ${TRIES} times ${USERS} users at once, at a queue of ${BACKLOG} that nobody accepts from`);
const tries = [];
for (let count = 0; count < TRIES; count += 1) {
  const before = await asRoot();
  const listener = await stuckListener(BACKLOG);
  let queue: unknown;
  try {
    const seen = await burst(listener.port, USERS, async () => {
      queue = parseListenQueue((await run('netstat', '-L', '-a', '-n')) ?? '', listener.port);
    });
    const growth = growthOf(before, await asRoot());
    const found = synsAtOnce({ users: USERS, backlog: BACKLOG, somaxconn, reset: seen.reset });
    tries.push({
      ...seen,
      queue: queue ?? null,
      limit: limitOf({ backlog: BACKLOG, somaxconn }),
      synsAtOnce: found ?? null,
      evictedByCounters: growth === undefined ? null : (evictedBy(growth) ?? null),
      growth: growth ?? null,
    });
  } finally {
    listener.end();
  }
}

say('descriptors open at start: a small run of the lab');
const runs = join(folder, 'runs');
const code = await labRun(runs);
const summary = {
  schema: 1,
  host: hostWords(),
  system: looked.find(({ command }) => command === 'sw_vers')?.text ?? null,
  somaxconn,
  synsAtOnce: {
    users: USERS,
    backlog: BACKLOG,
    found: rangeOf(tries.flatMap(({ synsAtOnce: found }) => found ?? [])),
    tries,
  },
  descriptorsAtRest: atRestIn(runs),
  run: { code },
  nodeListener: { address: plain.address, queue: parseListenQueue(ours, plain.port) ?? null },
  formats: Object.fromEntries(looked.map(({ command, format }) => [command, format])),
  counters: {
    user: looked.find(({ command }) => command === STATISTICS.argv.join(' '))?.format ?? null,
    root:
      looked.find(({ command }) => command.startsWith('sudo'))?.format ?? 'not asked: sudo wants a password',
  },
};
keep('summary.json', summary);
keep('summary.txt', textOf(summary));
process.stdout.write(`${textOf(summary)}\nfolder: ${folder}\n`);

/** The lab as its own process; its exit code, or null when it took too long. */
async function labRun(where: string): Promise<number | null> {
  const port = await freePort();
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'lab/cli.ts'),
        'run',
        '--runtime',
        'native',
        '--runs',
        where,
        '--set',
        `port=${port}`,
        ...SMALL_RUN,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const timer = setTimeout(() => child.kill('SIGTERM'), SMALL_RUN_MS);
    child.on('exit', (status) => {
      clearTimeout(timer);
      done(status);
    });
  });
}

/** One that nobody listens on; the lab’s own may be taken by what runs on this Mac. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** What the gateway held before its first user. */
function atRestIn(where: string): number[] | null {
  try {
    for (const name of readdirSync(where)) {
      for (const line of readFileSync(join(where, name, 'samples.ndjson'), 'utf8')
        .split('\n')
        .filter(Boolean)) {
        const { when, process: server } = JSON.parse(line) as Partial<SnapshotLine>;
        if (when === 'before' && server?.descriptors) return server.descriptors;
      }
    }
  } catch {
    // The run says itself why it did not come so far.
  }
  return null;
}

function growthOf(before: string | undefined, after: string | undefined): Record<string, number> | undefined {
  const [from, to] = [before, after].map((text) =>
    text === undefined ? undefined : parseTcpStatistics(text),
  );
  if (from === undefined || to === undefined) return undefined;
  const grown = Object.entries(to).map(([name, value]) => [name, value - (from[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}

function rangeOf(found: readonly number[]): [number, number] | null {
  return found.length === 0 ? null : [Math.min(...found), Math.max(...found)];
}

function textOf({
  synsAtOnce: batch,
  descriptorsAtRest: rest,
  nodeListener,
  formats,
  counters,
}: typeof summary): string {
  const resets = batch.tries.map(({ reset }) => reset).join(', ');
  const { found } = batch;
  return [
    `SYNs at once: ${found === null ? 'nobody was reset: each handshake was complete before the next began' : `${found.join(' to ')} (compare linux macos --syns-at-once ${found[0]})`}`,
    `  reset of ${batch.users} at a queue of ${batch.backlog}: ${resets}`,
    `descriptors open at start: ${rest === null ? 'not read' : rest.length}`,
    `Node's listener: ${nodeListener.address}, limit ${nodeListener.queue?.maxqlen ?? 'not read'}`,
    `counters: without root ${counters.user ?? 'not read'}, as root ${counters.root}`,
    ...Object.entries(formats).map(([command, format]) => `  ${command}: ${format}`),
  ].join('\n');
}

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface as Lines } from 'node:readline';
import { defined } from '../../../common/defined.ts';
import { Joiner } from '../../../lab/evidence/ledger/join.ts';
import { startTracer } from '../../../lab/evidence/linux/trace/tracer.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { deathSignal } from '../../../lab/runtimes/processes.ts';
import type { ConnectionLine, WitnessLine } from '../../../protocol/connection-events.ts';
import { lineOf, rowOf } from '../../../protocol/connection-rows.ts';
import { readBootId } from '../../../system/host.ts';
import { numberOf, thisNamespaces } from '../../../system/pid-place.ts';
import { readLink } from '../../../system/read.ts';
import { wayToTracefs } from '../../../system/tracefs/way-in.ts';
import { skip } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { freePort } from '../cli/lab.ts';

const it = oneIn(2);

const ELSEWHERE = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
const SERVER = join(import.meta.dirname, 'ends-server.py');

/** A server that waits for `begin`, in the way that `prefix` says. */
class Server implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly said: string[] = [];
  readonly #lines: Lines;

  constructor(port: number, what: string, prefix: string[] = []) {
    const argv = [...prefix, ...deathSignal(), 'python3', SERVER, String(port), what];
    this.child = spawn(argv[0] as string, argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    this.#lines.on('line', (line) => this.said.push(line));
  }

  async until(word: string): Promise<void> {
    while (!this.said.includes(word)) await once(this.#lines, 'line');
  }

  begin(): void {
    this.child.stdin?.write('\n');
  }

  /** What stands behind each line that begins with `word`: ports, or ports and moments. */
  numbers(word: string): number[][] {
    return this.said
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.split(' ').slice(1).map(Number));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
  }
}

interface Told {
  lines: ConnectionLine[];
  witness: WitnessLine[];
}

/** Traces a server's port, in the network namespace of `pid` or this one. */
async function traced(port: number, pid?: number) {
  const told: Told = { lines: [], witness: [] };
  const net = pid === undefined ? undefined : numberOf(readLink(`/proc/${pid}/ns/net`) ?? '');
  const own = thisNamespaces() as { net: string; pid: string };
  const tracer = await startTracer({
    label: newLabel(),
    port,
    bootId: readBootId(),
    namespaces: { ...own, ...(net === undefined ? {} : { net }) },
    onLine(line) {
      if (line.event === 'witness') told.witness.push(line);
      else if (line.event === 'connections') told.lines.push(...line.rows.map(lineOf));
    },
  });
  return Object.assign(tracer, { told });
}

async function runThrough(what: string): Promise<Told & { server: Server }> {
  const port = await freePort();
  await using server = new Server(port, what);
  await server.until('ready');
  await using tracer = await traced(port);
  server.begin();
  await server.until('done');
  await tracer.stop();
  return { ...tracer.told, server };
}

/** The line of a client's port, with its values alone. */
function valuesOf(lines: ConnectionLine[], port: number): Record<string, unknown> {
  const [line, another] = lines.filter(({ remote }) => remote?.endsWith(`:${port}`));
  assert.ok(line !== undefined && another === undefined, `one line of port ${port}`);
  return Object.fromEntries(
    Object.entries(line).flatMap(([name, told]) => {
      if (typeof told !== 'object') return [];
      assert.deepEqual([told.by, told.within], ['tracefs', undefined], name);
      return [[name, told.is]];
    }),
  );
}

interface Wait {
  told: number;
  own: number;
  /** When accept(2) came back, as the kernel tells it, and when the server saw that. */
  at: number;
  seen: number;
}

/** Waits as the kernel told them and as the server itself counted them, ms, in the order in which it took the connections. */
function waitsOf({ lines, server }: Told & { server: Server }): Wait[] {
  return server.numbers('taken').map(([port = 0, seen = 0]) => {
    const { wait, complete, accepted } = valuesOf(lines, port);
    assert.equal(accepted, true);
    const [told, since] = [wait as number, complete as number];
    return { told, own: seen - since, at: since + told, seen };
  });
}

/** Two programs read the clock, one of them only once. */
const CLOCKS_MS = 3;

/** Each was taken before the server saw that, and where one thread takes them after it had seen the one before. */
function assertSame(waits: Wait[], { threads }: { threads: boolean }): void {
  const at = (name: 'told' | 'own', share: number) => {
    const all = waits.map((wait) => wait[name]).sort((a, b) => a - b);
    return Math.round(all[Math.floor((all.length - 1) * share)] ?? 0);
  };
  const figures = (name: 'told' | 'own') =>
    `p50 ${at(name, 0.5)}, p90 ${at(name, 0.9)}, max ${at(name, 1)} ms`;
  console.log(`      by the kernel ${figures('told')}; by the server ${figures('own')}`);
  for (const [index, { at, seen }] of waits.entries()) {
    const since = threads ? Number.NEGATIVE_INFINITY : (waits[index - 1]?.seen ?? 0);
    assert.ok(at > since - CLOCKS_MS && at < seen + CLOCKS_MS, `${index}: ${since} < ${at} < ${seen}`);
  }
}

function asBySs({ event, at, local, remote, cookie }: ConnectionLine): ConnectionLine {
  return { event, at, local, ...defined({ remote, cookie }), received: { is: 0, by: 'ss -E' } };
}

describe('evidence: the lives of connections, as the kernel traced them', function () {
  this.timeout(30_000);
  before(function () {
    const way = wayToTracefs();
    if (typeof way === 'string') skip(this, way);
    if (spawnSync('python3', ['--version']).status !== 0) skip(this, 'python3 is not installed');
  });

  it('every kind of end: who was first, how, who reset and why', async () => {
    const { lines, witness, server } = await runThrough('ends');
    const { pid } = server.child;
    const is = (what: string) => {
      const { closed, complete, wait, age, ...rest } = valuesOf(lines, server.numbers(what)[0]?.[0] ?? 0);
      const between = (closed as number) - (complete as number);
      // Each is rounded by itself, to a thousandth.
      assert.ok(Math.abs((age as number) - between) < 0.1, `${age} is not ${between}`);
      assert.equal(typeof wait, what === 'queued' ? 'undefined' : 'number');
      return rest;
    };
    const taken = { accepted: true, pid };
    assert.deepEqual(is('client'), { ...taken, closedBy: 'client', how: 'FIN' });
    assert.deepEqual(is('server'), { ...taken, closedBy: 'server', how: 'FIN' });
    const byServer = { ...taken, closedBy: 'server', how: 'RST', reset: 'server' };
    const { reason, ...unread } = is('unread');
    assert.deepEqual(unread, byServer);
    assert.match(String(reason), /^(TCP_ABORT_ON_CLOSE|undefined)$/);
    assert.deepEqual({ ...is('linger'), reason: undefined }, { ...byServer, reason: undefined });
    assert.deepEqual(is('reset'), { ...taken, closedBy: 'client', how: 'RST', reset: 'client' });
    assert.deepEqual(
      { ...is('late'), reason: undefined },
      { ...taken, closedBy: 'server', how: 'FIN', reset: 'server', reason: undefined },
    );
    assert.deepEqual(
      { ...is('queued'), reason: undefined },
      { ...byServer, accepted: false, reason: undefined },
    );
    assert.equal(lines.length, 7);
    assert.ok(lines.every(({ cookie, open, shared }) => cookie !== undefined && !open && !shared));
    assert.deepEqual(
      [witness.at(-1)?.lost, witness.at(-1)?.missing, witness.at(-1)?.without],
      [0, undefined, undefined],
    );
  });

  it('waits in the queue under a loop that is blocked are what the server itself saw', async () => {
    const run = await runThrough('blocked');
    const waits = waitsOf(run);
    assert.equal(waits.length, 200);
    assertSame(waits, { threads: false });
    assert.ok(Math.max(...waits.map(({ told }) => told)) > 100, 'it was blocked');
  });

  it('of two listeners in one process each has its own order', async () => {
    const waits = waitsOf(await runThrough('two'));
    assert.equal(waits.length, 200);
    assertSame(waits, { threads: false });
  });

  it('threads that accept are the server as well', async () => {
    const waits = waitsOf(await runThrough('threads'));
    assert.equal(waits.length, 200);
    assertSame(waits, { threads: true });
  });

  it('accepts that failed for want of descriptors are counted', async () => {
    const { witness, server } = await runThrough('descriptors');
    assert.equal(server.numbers('failed')[0]?.[0], 5);
    assert.deepEqual(witness.at(-1)?.failedAccepts, { EMFILE: 5 });
  });

  it('told as it goes on: not only at the end', async () => {
    const port = await freePort();
    await using server = new Server(port, 'ends');
    await server.until('ready');
    await using tracer = await traced(port);
    server.begin();
    await server.until('done');
    for (const end = performance.now() + 5000; tracer.told.lines.length < 7; ) {
      assert.ok(performance.now() < end, `${tracer.told.lines.length} lines`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('a process that ends with thousands of connections: each is told, also where ss has lost it', async () => {
    const port = await freePort();
    await using server = new Server(port, 'burst');
    await server.until('ready');
    await using tracer = await traced(port);
    server.begin();
    await once(server.child, 'close');
    const [[count = 0] = []] = server.numbers('burst');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await tracer.stop();
    const { lines, witness } = tracer.told;
    assert.deepEqual([lines.length, witness.at(-1)?.lost], [count, 0]);
    assert.ok(lines.every(({ closedBy, open }) => closedBy?.is === 'server' && !open));
    // Of each tenth the other witness has a line as well.
    const both: ConnectionLine[] = [];
    const joiner = new Joiner((row) => both.push(lineOf(row)), true);
    joiner.take({ by: 'tracefs', rows: lines.map(rowOf) });
    const bySs = lines.filter((_, index) => index % 10 === 0).map(asBySs);
    joiner.take({ by: 'observer', rows: bySs.map(rowOf) });
    joiner.end();
    assert.deepEqual([both.length, new Set(both.map(({ remote }) => remote)).size], [count, count]);
    assert.equal(both.filter(({ received }) => received).length, Math.ceil(count / 10));
  });

  it("a neighbour's at the same port and address in another network namespace give the server no wrong wait", async function () {
    if (spawnSync('unshare', ['--net', 'true']).status !== 0)
      skip(this, 'no network namespace can be made here');
    const port = await freePort();
    await using neighbour = new Server(port, 'blocked', ELSEWHERE);
    await using server = new Server(port, 'blocked');
    await Promise.all([server.until('ready'), neighbour.until('ready')]);
    await using tracer = await traced(port);
    server.begin();
    neighbour.begin();
    await Promise.all([server.until('done'), neighbour.until('done')]);
    await tracer.stop();
    const { lines } = tracer.told;
    let told = 0;
    for (const [remote, at = 0] of server.numbers('taken')) {
      const own = lines.filter((line) => line.remote?.endsWith(`:${remote}`));
      assert.ok(own.length > 0, `port ${remote}`);
      const [line] = own;
      if (own.length > 1 || line?.wait === undefined || line.complete === undefined) continue;
      told += 1;
      assert.ok(Math.abs(at - line.complete.is - line.wait.is) < 250, JSON.stringify(line));
    }
    console.log(`      ${told} of 200 waits could be told`);
    assert.ok(
      lines.every(({ shared }) => shared),
      'none is surely its own',
    );
  });

  it("a neighbour's that begins to listen under the trace may be the server's, and the server's may be its", async function () {
    if (spawnSync('unshare', ['--net', 'true']).status !== 0)
      skip(this, 'no network namespace can be made here');
    const port = await freePort();
    await using server = new Server(port, 'ends');
    await server.until('ready');
    await using tracer = await traced(port);
    await using neighbour = new Server(port, 'ends', ELSEWHERE);
    await neighbour.until('ready');
    neighbour.begin();
    await neighbour.until('done');
    server.begin();
    await server.until('done');
    await tracer.stop();
    const { lines } = tracer.told;
    assert.deepEqual([lines.length, lines.every(({ shared }) => shared)], [14, true]);
  });

  it('a server that begins to listen again is no neighbour', async () => {
    const port = await freePort();
    const before = new Server(port, 'ends');
    await before.until('ready');
    await using tracer = await traced(port);
    await before[Symbol.asyncDispose]();
    await using server = new Server(port, 'ends');
    await server.until('ready');
    server.begin();
    await server.until('done');
    await tracer.stop();
    const { lines } = tracer.told;
    assert.deepEqual([lines.length, lines.some(({ shared }) => shared)], [7, false]);
  });

  it('in another network namespace: its own connections, with who closed them', async function () {
    if (spawnSync('unshare', ['--net', 'true']).status !== 0)
      skip(this, 'no network namespace can be made here');
    const port = await freePort();
    await using server = new Server(port, 'ends', ELSEWHERE);
    await server.until('ready');
    await using tracer = await traced(port, server.child.pid);
    server.begin();
    await server.until('done');
    await tracer.stop();
    const { lines } = tracer.told;
    assert.equal(lines.length, 7);
    const { pid, accepted } = valuesOf(lines, server.numbers('server')[0]?.[0] ?? 0);
    assert.deepEqual([pid, accepted], [server.child.pid, true]);
  });
});

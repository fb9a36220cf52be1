import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { SYSCTLS } from '../../protocol/settings.ts';
import { countDescriptors, listDescriptors, readNofile } from '../../system/descriptors.ts';
import { findHolders } from '../../system/proc/holders.ts';
import { readAcceptQueue, readConnections, readListeners } from '../../system/proc/net-tcp.ts';
import { familyOf, nameOf, ownerOf } from '../../system/proc/process.ts';
import { endingOf, hasEnded, type ProcessStat, readStat, startTime } from '../../system/proc/stat.ts';
import { readNamespacePids } from '../../system/proc/status.ts';
import { readSysctls } from '../../system/sysctls.ts';
import { onLinuxOnly } from '../skip.ts';

/** Listens, says its port, and then takes nothing until it is told to end. */
const LISTENER = `
const server = require('node:net').createServer(() => {});
server.listen({ port: 0, host: process.argv[1], backlog: 64 }, () => {
  require('node:fs').writeSync(1, server.address().port + '\\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

const NET = '/proc/self/net';
const GONE = 2 ** 22 + 1;

describe('system: real processes', () => {
  onLinuxOnly('/proc');

  for (const host of ['127.0.0.1', '::']) {
    it(`connections that nobody accepts wait in the queue of ${host}`, async () => {
      const child = spawn(process.execPath, ['-e', LISTENER, host], { stdio: ['ignore', 'pipe', 'inherit'] });
      const users: Socket[] = [];
      try {
        const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
        const port = Number(line);
        assert.equal(readAcceptQueue(NET, port), 0);
        for (const waiting of [1, 5, 17]) {
          while (users.length < waiting) {
            const user = connect({ port, host: '127.0.0.1' });
            user.on('error', () => {});
            users.push(user);
            await once(user, 'connect');
          }
          await until(() => readAcceptQueue(NET, port) === waiting);
          assert.equal(readAcceptQueue(NET, port), waiting);
        }
        assert.equal(readAcceptQueue('/proc/self/nothing', port), undefined, 'no such folder');
        await end(child);
        assert.equal(readAcceptQueue(NET, port), undefined, 'no listener any more');
      } finally {
        for (const user of users) user.destroy();
        await end(child);
      }
    });
  }

  it('finds the listener among many others', async () => {
    const servers = Array.from({ length: 120 }, () => createServer());
    try {
      for (const server of servers) await once(server.listen({ port: 0, host: '127.0.0.1' }), 'listening');
      for (const server of servers)
        assert.equal(readAcceptQueue(NET, (server.address() as AddressInfo).port), 0);
    } finally {
      for (const server of servers) server.close();
    }
  });

  it('counts as many descriptors as it lists, in order', async () => {
    const child = await sleeper('exec 5</dev/null 9</dev/null 12</dev/null');
    try {
      const listed = listDescriptors(child.pid as number);
      // More may come from whoever started the tests.
      assert.deepEqual(listed?.slice(0, 6), [0, 1, 2, 5, 9, 12]);
      assert.deepEqual(
        listed,
        listed?.toSorted((a, b) => a - b),
      );
      assert.equal(countDescriptors(child.pid as number), listed?.length);
    } finally {
      await end(child);
    }
  });

  it('a limit is read as it was set, soft and hard', async () => {
    const child = await sleeper('ulimit -Sn 123; ulimit -Hn 321');
    try {
      assert.deepEqual(readNofile(child.pid as number), { soft: 123, hard: 321 });
    } finally {
      await end(child);
    }
  });

  it('state, threads and owner of a process that sleeps, and that is stopped', async () => {
    const child = await sleeper('true');
    const pid = child.pid as number;
    try {
      await until(() => readStat(pid)?.state === 'S');
      const stat = readStat(pid);
      assert.equal(stat?.state, 'S');
      assert.equal(stat.threads, 1);
      assert.ok(stat.rss > 0);
      assert.equal(ownerOf(pid), process.getuid?.());
      child.kill('SIGSTOP');
      await until(() => readStat(pid)?.state === 'T');
      assert.equal(readStat(pid)?.state, 'T');
    } finally {
      await end(child);
    }
  });

  it('CPU time of this process agrees with its own account', () => {
    const { user, system } = process.cpuUsage();
    const before = (user + system) / 1000;
    const read = readStat(process.pid)?.cpuMs ?? -1;
    const after = process.cpuUsage();
    // Whole ticks of 10 ms, and user and system are cut apart.
    assert.ok(
      read >= before - 20 && read <= (after.user + after.system) / 1000 + 20,
      `${read} against ${before}`,
    );
  });

  it('memory of this process agrees with its own account, whatever the size of a page', () => {
    const own = process.memoryUsage.rss();
    const read = readStat(process.pid)?.rss ?? 0;
    // The kernel sums it up lazily, by pages of each thread (mm/memory.c), and more is taken meanwhile.
    assert.ok(read > own / 1.2 && read < own * 1.2, `${read} against ${own}`);
  });

  it('how a process ended is told while nobody has asked', async () => {
    // A shell would ask: the two end when it has become another program.
    const script =
      'exec 3<&0; (read -r _ <&3; exit 7) & (read -r _ <&3; kill -KILL "$BASHPID") & exec sleep 60';
    const parent = spawn('bash', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
    const pid = parent.pid as number;
    try {
      await until(() => nameOf(pid) === 'sleep');
      parent.stdin.end();
      const ended = () => familyOf(pid).filter((one) => hasEnded(readStat(one) as ProcessStat));
      await until(() => ended().length === 2);
      const stats = ended().map((one) => readStat(one) as ProcessStat);
      assert.deepEqual(
        stats.map(({ exitStatus }) => endingOf(exitStatus)),
        [
          { code: 7, signal: null },
          { code: null, signal: 'SIGKILL' },
        ],
      );
      assert.deepEqual([...new Set(stats.map((stat) => stat.parent))], [pid]);
      assert.deepEqual(ended().map(startTime), [undefined, undefined], 'they run no more');
      assert.ok((startTime(pid) ?? 0) > 0);
    } finally {
      await end(parent);
    }
  });

  it('finds this very process as the holder of a listener and of its connection', async () => {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    await once(server, 'connection');
    const [listener] = readListeners(NET, port);
    const { open, inodes } = readConnections(NET, port);
    assert.deepEqual([...open.values()], [true]);
    const wanted = new Set([listener?.inode ?? '', ...inodes]);
    assert.equal(wanted.size, 2);
    const { pids, inodes: held } = findHolders(wanted);
    assert.deepEqual([pids, held.get(process.pid)], [[process.pid], wanted]);
    assert.deepEqual(findHolders(wanted, [process.ppid]).pids, [], 'not among those');
    client.destroy();
    server.close();
    await once(server, 'close');
    assert.deepEqual(readListeners(NET, port), []);
    assert.deepEqual(findHolders(wanted).pids, []);
  });

  it('has a number in each of its pid namespaces, the last its own', () => {
    assert.equal(readNamespacePids('self')?.at(-1), process.pid);
    assert.equal(readNamespacePids(GONE), undefined);
  });

  it('a process that is gone is undefined everywhere', () => {
    assert.equal(countDescriptors(GONE), undefined);
    assert.equal(listDescriptors(GONE), undefined);
    assert.equal(readNofile(GONE), undefined);
    assert.equal(readStat(GONE), undefined);
    assert.equal(startTime(GONE), undefined);
    assert.equal(ownerOf(GONE), undefined);
  });

  it('sysctls are there under their kernel names, without tabs', () => {
    const sysctls = readSysctls(SYSCTLS);
    assert.match(sysctls.somaxconn ?? '', /^\d+$/);
    assert.match(sysctls.tcp_abort_on_overflow ?? '', /^[01]$/);
    assert.match(sysctls.ip_local_port_range ?? '', /^\d+ \d+$/);
  });
});

/** A shell that has prepared itself and waits. It becomes nothing else: a program that starts opens files for a while. */
async function sleeper(preparation: string): Promise<ChildProcess> {
  const child = spawn('bash', ['-c', `${preparation}; echo ready; read -r _`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Waits until it holds; the assertion after it tells what is wrong if it never does. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 300 && !holds(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

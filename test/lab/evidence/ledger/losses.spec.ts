import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WitnessLine } from '../../../../protocol/connection-events.ts';
import { onLinuxOnly } from '../../../skip.ts';
import { scratch } from '../../cli/lab.ts';
import { pidOfSs } from './ss-of-ours.ts';
import { WatchedPort } from './watched-port.ts';

/** What the kernel had no room for, in its own count (net/netlink/af_netlink.c netlink_overrun). */
function droppedFor(pid: number): number {
  const rows = readFileSync('/proc/self/net/netlink', 'utf8').split('\n');
  const row = rows.map((line) => line.split(/\s+/)).find(([, , port]) => port === String(pid));
  return Number(row?.[8] ?? assert.fail('ss does not listen'));
}

const SETPRIV = execFileSync('/bin/sh', ['-c', 'command -v setpriv'], { encoding: 'utf8' }).trim();

const sayings = (watched: WatchedPort) =>
  watched.lines.filter((line): line is WitnessLine => line.event === 'witness' && line.by === 'ss -E');

describe('the ledger: what could not be told', function () {
  this.timeout(60_000);
  onLinuxOnly('ss -E');
  const folder = scratch();
  const { PATH, LEDGER } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
    if (LEDGER === undefined) delete process.env.LEDGER;
  });

  /** A PATH with these programs alone. */
  function pathOf(...tools: [name: string, script: string][]): string {
    const path = join(folder(), `path-${performance.now()}`);
    mkdirSync(path);
    for (const [name, script] of tools) {
      if (script.startsWith('/')) symlinkSync(script, join(path, name));
      else {
        writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`);
        chmodSync(join(path, name), 0o755);
      }
    }
    return path;
  }

  /** Watches with such a PATH while a connection comes and goes; what it says of `ss -E`. */
  async function saidWith(path: string): Promise<WitnessLine[]> {
    process.env.PATH = path;
    await using watched = await WatchedPort.open();
    const { client, server } = await watched.pair();
    watched.look();
    client.destroy();
    server.destroy();
    await sleep(100);
    assert.deepEqual(await watched.end(), [], 'no line rather than a late one');
    return sayings(watched);
  }

  it('nothing was lost: it says so at the beginning and at the end', async () => {
    await using watched = await WatchedPort.open();
    await watched.end();
    assert.deepEqual(
      sayings(watched).map(({ missing, lost }) => [missing, lost]),
      [
        [undefined, 0],
        [undefined, 0],
      ],
    );
  });

  it('no ss, no stdbuf, an ss without -E: one line each, and no ledger', async () => {
    const without: [string, RegExp][] = [
      [pathOf(), /^ss is not installed \(apt-get install iproute2\)$/],
      [pathOf(['ss', 'exit 0']), /^stdbuf is not installed \(apt-get install coreutils\)/],
      [
        pathOf(
          ['setpriv', SETPRIV],
          ['stdbuf', 'shift; exec "$@"'],
          ['ss', 'echo "ss: invalid option -- \'E\'" >&2; exit 255'],
        ),
        /^this ss has no -E: it needs iproute2 5\.0 or newer$/,
      ],
    ];
    for (const [path, line] of without)
      for (const { missing } of await saidWith(path)) assert.match(missing ?? '', line);
  });

  it('an ss that dies in the middle: from then on there is none, and that is said', async () => {
    await using watched = await WatchedPort.open();
    process.kill(pidOfSs(), 'SIGKILL');
    await until(() => sayings(watched).length >= 2);
    await watched.end();
    for (const { missing } of sayings(watched).slice(1))
      assert.equal(missing, 'ss -E ended by itself (SIGKILL)');
  });

  it('an ss that is held up until the kernel has no room: that some were lost is counted, and it goes on', async () => {
    await using watched = await WatchedPort.open();
    watched.stopLooking();
    const held = pidOfSs();
    process.kill(held, 'SIGSTOP');
    // Each end takes 1.3 KB of at most 2 MB (SO_RCVBUF of libnetlink).
    let turns = 0;
    for (; droppedFor(held) === 0; turns += 1) {
      const { client, server } = await watched.pair();
      client.resetAndDestroy();
      server.destroy();
    }
    process.kill(held, 'SIGCONT');
    await until(() => pidOfSsIfAny() !== held);
    await sleep(500);
    const before = watched.connections.length;
    const { client, server } = await watched.pair();
    server.destroy();
    client.destroy();
    await watched.told(before + 1);
    await watched.end();
    const { missing, lost } = sayings(watched).at(-1) ?? assert.fail();
    assert.equal(missing, undefined);
    assert.ok(lost > 0, 'lost');
    assert.ok(watched.connections.length <= turns, `${watched.connections.length} of ${turns + 1}`);
  });

  it('LEDGER=off: nothing is started, nothing is said', async () => {
    process.env.LEDGER = 'off';
    await using watched = await WatchedPort.open();
    assert.throws(pidOfSs);
    assert.deepEqual([await watched.end(), watched.lines], [[], []]);
  });
});

function pidOfSsIfAny(): number | undefined {
  try {
    return pidOfSs();
  } catch {
    return undefined;
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !holds(); await sleep(20))
    assert.ok(performance.now() < end, `not within 10 s: ${holds}`);
}

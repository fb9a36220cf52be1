import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { programAt } from '../../../../common/own-files.ts';
import { retryUntil } from '../../../../common/waiting.ts';
import { Hub, MemberClock } from '../../../../lab/runtimes/channel/hub.ts';
import { RelayedWire } from '../../../../lab/runtimes/channel/relayed-wire.ts';
import type { Wire } from '../../../../lab/runtimes/channel/wire.ts';
import { listenForMembers } from '../../../../lab/runtimes/channel/ws-wire.ts';
import { newLabel } from '../../../../lab/runtimes/label.ts';
import { endPart, startProcess } from '../../../../lab/runtimes/processes.ts';
import type { Part } from '../../../../lab/runtimes/runtime.ts';
import { readStat } from '../../../../system/proc/stat.ts';

const MEMBER = programAt('lab/runtimes/channel/member-main.ts');
const TOKEN = 'of this test';

/** A member as a process of its own. */
function member(port: number, env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [MEMBER], {
    env: {
      PATH: process.env.PATH,
      CHANNEL: `127.0.0.1:${port}`,
      CHANNEL_TOKEN: TOKEN,
      MEMBER: 'robots',
      ...env,
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
}

async function codeOf(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, said };
}

describe('the channel', () => {
  const children: ChildProcess[] = [];
  const start = (...args: Parameters<typeof member>) => {
    const child = member(...args);
    children.push(child);
    return child;
  };
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const gateway = (onLine: (line: unknown) => void) => ({
    role: 'gateway' as const,
    module: 'gateway/main.ts',
    env: { HOST: '127.0.0.1', PORT: '0' },
    onLine,
  });

  async function works(wire: Wire, port: number): Promise<void> {
    const hub = new Hub(wire);
    const child = start(port, { MEMBER: 'gateway', MEMBER_NUMBER: '2', MEMBER_NODE: 'node2' });
    const ended = codeOf(child);
    const [there] = await hub.wait('gateway', 1, 20_000);
    assert.equal(there?.hello.number, 1);
    assert.equal(there?.hello.where, 'node2');
    assert.equal(there?.hello.addresses.lo, '127.0.0.1');
    const lines: { event: string }[] = [];
    const listening = Promise.withResolvers<void>();
    const part = there?.start(
      gateway((line) => {
        lines.push(line as { event: string });
        listening.resolve();
      }),
    ) as Part;
    await listening.promise;
    assert.equal(lines[0]?.event, 'listening');
    assert.equal(part.where, 'node2');
    await part.signal('SIGTERM');
    const { code } = await part.ended;
    assert.equal(code, 0);
    assert.equal(lines.at(-1)?.event, 'drained', 'its last lines come before its end');
    await hub.end();
    assert.deepEqual(await ended, { code: 0, said: '' });
  }

  it('starts a program beside a member, and hands on its lines, signals and end', async () => {
    await using wire = await listenForMembers(0, TOKEN);
    await works(wire, wire.port);
  });

  it('does the same through a container that the lab is attached to', async () => {
    const wire = new RelayedWire();
    let port = 0;
    const relay = startProcess(
      {
        role: 'channel',
        module: 'lab/runtimes/channel/relay-main.ts',
        env: { PORT: '0', CHANNEL_TOKEN: TOKEN },
        onLine(line) {
          if ((line as { event: string }).event === 'listening') port = (line as { port: number }).port;
          wire.onLine(line);
        },
      },
      newLabel(),
      [],
    );
    wire.attach(relay);
    await wire.listening;
    try {
      await works(wire, port);
    } finally {
      await endPart(relay);
    }
  });

  it('has sent a signal when it says so', async () => {
    await using wire = await listenForMembers(0, TOKEN);
    const hub = new Hub(wire);
    start(wire.port);
    const [there] = await hub.wait('robots', 1, 20_000);
    const listening = Promise.withResolvers<number>();
    const part = there?.start(gateway((line) => listening.resolve((line as { pid: number }).pid))) as Part;
    const pid = await listening.promise;
    await part.signal('SIGSTOP');
    // Another processor may be in the middle of it.
    const stopped = () => readStat(pid)?.state === 'T' || undefined;
    assert.ok(await retryUntil(stopped, { everyMs: 1, forMs: 1000 }));
    await part.signal('SIGCONT');
    assert.notEqual(readStat(pid)?.state, 'T');
    await endPart(part);
  });

  it('ends a gateway that it cannot follow, in one line, and stays', async () => {
    await using wire = await listenForMembers(0, TOKEN);
    const hub = new Hub(wire);
    start(wire.port, { MEMBER: 'gateway', GATEWAY_LINES: '/no/such/pipe' });
    const [there] = await hub.wait('gateway', 1, 20_000);
    const ending = await there?.follow(() => {}).ended;
    assert.deepEqual(ending, {
      code: 2,
      signal: null,
      output: 'GATEWAY_LINES=/no/such/pipe: ENOENT; allowed: the pipe of the gateway',
    });
    assert.equal(there?.left, false);
  });

  it('turns away whoever has another token: one line, code 2; and says so when nobody else comes', async () => {
    await using wire = await listenForMembers(0, TOKEN);
    const hub = new Hub(wire);
    const { code, said } = await codeOf(start(wire.port, { CHANNEL_TOKEN: 'another' }));
    assert.equal(code, 2);
    assert.match(
      said,
      /^channel: CHANNEL_TOKEN: the lab at 127\.0\.0\.1:\d+ does not know this token; allowed: .*\n$/,
    );
    await assert.rejects(hub.wait('robots', 2, 100), {
      name: 'CannotRunError',
      message:
        "channel: 0 of 2 containers of robots joined within 0.1 s: 127.0.0.1 came with another token than the lab's",
    });
  });

  it('ends a part whose member is lost, and says which', async () => {
    await using wire = await listenForMembers(0, TOKEN);
    const hub = new Hub(wire);
    const child = start(wire.port, { MEMBER_NODE: 'node3' });
    const [there] = await hub.wait('robots', 1, 20_000);
    const part = there?.start(gateway(() => {})) as Part;
    child.kill('SIGKILL');
    const { signal, output } = await part.ended;
    assert.equal(signal, 'gone');
    assert.match(output, /^the container \S+ of robots on node3 was lost: its connection ended$/);
    assert.deepEqual(hub.those('robots'), []);
    await assert.rejects(there?.askTime() as Promise<unknown>, /was lost/);
  });

  it('ends what a member has started, and the member, when the lab is gone', async () => {
    const wire = await listenForMembers(0, TOKEN);
    const hub = new Hub(wire);
    const child = start(wire.port);
    const ended = codeOf(child);
    const [there] = await hub.wait('robots', 1, 20_000);
    const listening = Promise.withResolvers<number>();
    there?.start(gateway((line) => listening.resolve((line as { pid: number }).pid)));
    const pid = await listening.promise;
    await wire[Symbol.asyncDispose]();
    const { code, said } = await ended;
    assert.equal(code, 3);
    assert.match(said, /was lost: its connection ended/);
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  it('moves the times of a member whose clock is ahead', async () => {
    await using wire = await listenForMembers(0, TOKEN);
    const hub = new Hub(wire);
    const off = `data:text/javascript,const now = Date.now; Date.now = () => now() + 3000;`;
    start(wire.port, { NODE_OPTIONS: `--import=${encodeURI(off).replaceAll("'", '%27')}` });
    const [there] = await hub.wait('robots', 1, 20_000);
    if (there === undefined) throw new Error('nobody has come');
    const clock = await MemberClock.of(there);
    const { aheadMs, afterMs = 0, errorMs } = await clock.again();
    assert.ok(Math.abs(aheadMs - 3000) <= errorMs, `${aheadMs} ± ${errorMs}`);
    assert.ok(Math.abs(afterMs - 3000) <= errorMs);
    const from = Date.now();
    const told = Promise.withResolvers<number>();
    const part = there.start(gateway((line) => told.resolve((line as { at: number }).at)));
    const at = await told.promise;
    assert.ok(at >= from - errorMs && at <= Date.now() + errorMs, `${at - from}`);
    assert.equal(part.aheadMs, aheadMs);
    await endPart(part);
  });
});

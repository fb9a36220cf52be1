import assert from 'node:assert/strict';
import { fileObserverLine } from '../../../../lab/evidence/collect.ts';
import { DarwinObserver } from '../../../../lab/evidence/darwin/observe.ts';
import { type Evidence, noEvidence } from '../../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../../lab/facts/facts.ts';
import { DARWIN } from '../../../../lab/laws/queue-model/darwin-counters.ts';
import { settingsSchema } from '../../../../lab/settings/schema.ts';
import { judge } from '../../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../../lab/verdict/registry.ts';
import type { ObserverLine, SnapshotLine } from '../../../../protocol/observer-events.ts';
import { type Run, run } from '../../../../system/darwin/command.ts';
import { fixture } from '../../../system/darwin/fixtures.ts';

/** A machine that answers with these texts, by the command's words. */
function machine(answers: Record<string, string>, asked: string[] = []): Run {
  return async (command, ...args) => {
    const words = [command, ...args].join(' ');
    asked.push(words);
    return Object.entries(answers).find(([start]) => words.startsWith(start))?.[1];
  };
}

const MAC = {
  'netstat -s -p tcp': fixture('netstat-s-tcp-root.txt'),
  'netstat -I lo0 -s -p tcp': fixture('netstat-I-lo0-s-tcp.txt'),
  'netstat -i -d -n': fixture('netstat-i.txt'),
  'netstat -L': fixture('netstat-Lan-evicting.txt'),
  'ps ': fixture('ps.txt'),
  'lsof ': fixture('lsof-p.txt'),
  sw_vers: fixture('sw_vers.txt'),
  'launchctl ': fixture('launchctl-limit-maxfiles.txt'),
  'sysctl ': fixture('sysctl.txt'),
};

/** Watches until so many samples are there. */
async function watch(answer: Run, samples = 2, between?: () => void): Promise<ObserverLine[]> {
  const lines: ObserverLine[] = [];
  const stop = new AbortController();
  const observer = new DarwinObserver({
    pid: 41_234,
    port: 8080,
    nofile: 4096,
    everyMs: 1,
    run: answer,
    write(line) {
      lines.push(line);
      if (lines.length === 2) between?.();
      if (lines.length > samples) stop.abort();
    },
  });
  await observer.watch(stop.signal);
  return lines;
}

describe('darwin: the observer', () => {
  it('writes the lines that the one on Linux does, from what the commands print', async () => {
    const [before, observed, ...rest] = await watch(machine(MAC));
    const after = rest.at(-1);
    assert.ok(before?.event === 'snapshot' && before.when === 'before');
    assert.ok(after?.event === 'snapshot' && after.when === 'after');
    assert.equal(before.counters[DARWIN.listenDrop], 4799);
    assert.equal(before.counters['darwin lo0 Ierrs'], 0);
    assert.equal(before.sysctls['kern.ipc.somaxconn'], '128');
    assert.deepEqual(before.system, {
      product: 'macOS',
      version: '15.5',
      build: '24F74',
      maxfiles: '256 unlimited',
    });
    assert.deepEqual(before.process?.descriptors, [0, 1, 2, 3, 4, 5, 12, 300]);
    assert.equal(before.process?.nofileHard, 4096);
    assert.ok(observed?.event === 'observed');
    assert.equal(observed.acceptQueue, 91);
    assert.deepEqual(observed.listenQueue, { qlen: 128, incqlen: 37, maxqlen: 128 });
    assert.deepEqual([observed.state, observed.descriptors, observed.cpuMs], ['S', 8, 62_350]);
    assert.deepEqual(observed.deltas, {});
  });

  it('a counter that grows is a growth since before, written when it moves', async () => {
    const answers = { ...MAC };
    const lines = await watch(machine(answers), 4, () => {
      answers['netstat -s -p tcp'] = MAC['netstat -s -p tcp'].replace('4799 listen', '4899 listen');
    });
    const deltas = lines.flatMap((line) => (line.event === 'observed' ? [line.deltas] : []));
    assert.equal(deltas.filter((one) => one[DARWIN.listenDrop] === 100).length, 1);
    assert.equal((lines.at(-1) as SnapshotLine).counters[DARWIN.listenDrop], 4899);
  });

  it('without root the TCP counters are absent, the rest is there', async () => {
    const answers = { ...MAC, 'netstat -s -p tcp': fixture('netstat-s-tcp-unprivileged.txt') };
    const [before] = (await watch(machine(answers))) as [SnapshotLine];
    assert.equal(before.counters[DARWIN.listenDrop], undefined);
    assert.equal(before.counters[DARWIN.listBadSyn], 3248);
  });

  it('a process that is gone is said to be; one that ps cannot show is not', async () => {
    const stateOf = async (answers: Record<string, string>) =>
      (await watch(machine(answers))).find((line) => line.event === 'observed')?.state;
    assert.equal(await stateOf({ ...MAC, 'ps ': '' }), 'gone');
    assert.equal(await stateOf({ ...MAC, 'ps ': 'ps: illegal option' }), '?');
    assert.equal(await stateOf({}), '?');
  });

  for (const [what, answer] of [
    ['no command at all', machine({})],
    ['nonsense from every command', machine({ '': 'Abort trap: 6\n\0 12 %' })],
  ] as const) {
    it(`${what}: lines without figures, and a verdict that does not blame the server`, async () => {
      const evidence = macEvidence();
      for (const line of await watch(answer)) fileObserverLine(evidence, line);
      const { before, series } = evidence.observer;
      assert.deepEqual([before?.counters, before?.sysctls, before?.process], [{}, {}, undefined]);
      assert.ok(series.length > 0);
      const facts = drawFacts(evidence);
      assert.deepEqual([facts.queue, facts.descriptors], [undefined, undefined]);
      const verdicts = judge(facts, CAUSES);
      const words = new Map(verdicts.map(({ cause, verdict }) => [cause, verdict]));
      for (const cause of ['fd-exhaustion', 'listen-backlog'])
        assert.equal(words.get(cause), 'insufficient-data', cause);
      assert.ok(!verdicts.some(({ verdict }) => verdict === 'confirmed'));
    });
  }

  it('asks no more than a command after the other, and only known ones', async () => {
    const asked: string[] = [];
    await watch(machine(MAC, asked), 3);
    const tools = new Set(asked.map((words) => words.split(' ')[0]));
    assert.deepEqual([...tools].sort(), ['launchctl', 'lsof', 'netstat', 'ps', 'sw_vers', 'sysctl']);
  });

  it('the real runner: what a command prints, whatever its exit code; nothing for one that is not there', async () => {
    assert.equal(await run('sh', '-c', 'echo said; exit 3'), 'said\n');
    assert.equal(await run('no-such-command-here'), undefined);
  });
});

function macEvidence(): Evidence {
  const evidence = noEvidence({
    host: { os: 'darwin', kernel: '24.5.0', node: process.version },
    runtime: 'native',
    driver: 'robots',
    exclusive: false,
    asked: settingsSchema.parse({}),
  });
  const bets = { placed: 0, acked: 0, rejected: 0 };
  const user = { event: 'user', id: 0, outcome: 'reset', stage: 'upgrade', errno: 'ECONNRESET' } as const;
  evidence.fleet.users.push({ ...user, syscall: 'read', startedAt: 0, connectedMs: 1, endedMs: 2, bets });
  return evidence;
}

import assert from 'node:assert/strict';
import { type Item, item } from '../../../lab/causes/shared/cause.ts';
import { commandFor, type Subject, withCommands } from '../../../lab/diagnose/shell-commands.ts';
import type { Place } from '../../../lab/evidence/server-place.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import type { Reading } from '../../../lab/facts/reading.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

const HERE: Place = { how: 'pid', enter: [], prefix: '' };
const INSIDE = "sudo nsenter -t $(docker inspect -f '{{.State.Pid}}' shop) -n ";
const CONTAINER: Place = {
  how: 'container',
  enter: [],
  prefix: INSIDE,
  container: { id: 'c0ffee', name: 'shop' },
};

const before = { counters: { 'TcpExt ListenOverflows': 40 } } as unknown as Subject['before'];
const subject = (place: Place, pid: number | undefined = 7): Subject => ({
  place,
  port: 8080,
  before,
  ...(pid === undefined ? {} : { pid }),
});
const figure = (read: Reading, after: number | null = 3): Item => item(read, 'figure', 0, after, 'so many');

describe('diagnose: how a figure is read by hand', () => {
  for (const [read, here, inside] of [
    [{ counter: 'TcpExt ListenOverflows' }, 'nstat -az TcpExtListenOverflows', 'ns'],
    [{ counter: 'Tcp OutRsts' }, 'nstat -az TcpOutRsts', 'ns'],
    ['drops beyond overflows', 'nstat -az TcpExtListenDrops TcpExtListenOverflows', 'ns'],
    ['accept queue', "ss -ltn 'sport = :8080'", 'ns'],
    ['connections', "ss -tnH state established 'sport = :8080' | wc -l", 'ns'],
    ['listeners', 'cat /proc/net/tcp', 'ns'],
    ['interfaces', 'cat /proc/net/dev', 'ns'],
    [{ sysctl: 'net.core.somaxconn' }, 'sysctl net.core.somaxconn', 'ns'],
    [{ sysctl: 'net.ipv4.tcp_abort_on_overflow' }, 'sysctl net.ipv4.tcp_abort_on_overflow', 'ns'],
    ['descriptors', 'ls /proc/7/fd | wc -l', "docker exec shop sh -c 'ls /proc/7/fd | wc -l'"],
    ['stat', 'cat /proc/7/stat', "docker exec shop sh -c 'cat /proc/7/stat'"],
    ['schedstat', 'cat /proc/7/schedstat', "docker exec shop sh -c 'cat /proc/7/schedstat'"],
    ['process', 'ps -o pid,stat,etime,args -p 7', "docker inspect -f '{{json .State}}' shop"],
  ] as const)
    it(`${JSON.stringify(read)}, here and in a container`, () => {
      assert.equal(commandFor(figure(read), subject(HERE)), here);
      // In its network namespace: no container need have these tools.
      assert.equal(
        commandFor(figure(read), subject(CONTAINER)),
        inside === 'ns' ? `${INSIDE}${here}` : inside,
      );
    });

  it('what the kernel killed for want of memory: the engine knows it of a container, its cgroup of a process', () => {
    const killed = figure('OOM kills');
    const asked = "docker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' shop";
    assert.equal(commandFor(killed, subject(CONTAINER)), asked);
    assert.match(commandFor(killed, subject(HERE)) ?? '', /^cat .*\/proc\/7\/cgroup.*oom_kill$/);
    for (const place of [HERE, CONTAINER])
      assert.equal(commandFor({ ...killed, after: null }, subject(place)), undefined, 'it could not be read');
  });

  it('a container whose process is not known has no commands inside it', () => {
    const unknown = { place: CONTAINER, port: 8080, before };
    assert.equal(commandFor(figure('descriptors'), unknown), undefined);
    assert.equal(commandFor(figure({ counter: 'Tcp OutRsts' }), unknown), `${INSIDE}nstat -az TcpOutRsts`);
  });

  it('whatever was read in /proc of a server has a command, by whatever name a cause gives it', () => {
    const situations = [
      'full 715 1 9 ? 20 paced 60 x reset @ upgrade',
      'room 900 0 0 ? 20 paced 60 x timeout @ connect',
    ];
    for (const situation of situations) {
      const facts = drawFacts(evidenceOf(parse(`${situation} | stranger=511`), 1));
      const items = judgeOutside(facts, CAUSES).flatMap((verdict) => [...verdict.for, ...verdict.against]);
      const read = items.filter(({ source }) => source.startsWith('/proc/'));
      assert.ok(read.length > 10);
      for (const place of [HERE, CONTAINER])
        for (const item of read)
          assert.ok(commandFor(item, subject(place)) !== undefined, `${item.name} (${item.source})`);
    }
  });

  it('what robots of ours counted nobody can read again', () => {
    for (const place of [HERE, CONTAINER])
      assert.equal(commandFor(figure('robots'), subject(place)), undefined);
  });

  it('a counter is shown as its command shows it, since boot; what grew is still said', () => {
    const items = [figure({ counter: 'TcpExt ListenOverflows' }), figure('descriptors')];
    const verdict = { cause: 'listen-backlog', verdict: 'confirmed', explains: 3, against: items } as const;
    const [checked] = withCommands([{ ...verdict, for: items }], subject(CONTAINER));
    for (const told of [checked?.for, checked?.against])
      assert.deepEqual(
        told?.map(({ before, after, says }) => [before, after, says]),
        [
          [40, 43, 'so many'],
          [0, 3, 'so many'],
        ],
      );
    const since = { ...figure({ counter: 'TcpExt ListenOverflows' }), before: 41, after: 43 };
    const [as] = withCommands([{ ...verdict, for: [since], against: [] }], subject(HERE));
    assert.deepEqual([as?.for[0]?.before, as?.for[0]?.after], [41, 43], 'it is since boot already');
    assert.equal(checked?.for[1]?.byHand, "docker exec shop sh -c 'ls /proc/7/fd | wc -l'");
    assert.ok(!checked?.for.some((one) => 'read' in one), 'a document says it in words');
  });
});

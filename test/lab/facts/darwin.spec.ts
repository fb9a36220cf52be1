import assert from 'node:assert/strict';
import { acceptQueueDrop } from '../../../lab/causes/accept-queue-drop.ts';
import { acceptQueueEvicted } from '../../../lab/causes/accept-queue-evicted.ts';
import { canBeMade } from '../../../lab/causes/shared/cause.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { thresholdDocument } from '../../../lab/run/threshold-of-run.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

/** Synthetic: nobody has measured it on a Mac. */
const evidence = (extras: string, failed = '425 x reset @ upgrade'): Evidence =>
  evidenceOf(parse(`room 0 0 0 alive 20 herd ${failed} | ${extras}`), 1);
const darwin = (extras: string, failed?: string) => drawFacts(evidence(extras, failed)).darwin;

describe('facts: macOS', () => {
  it('are there where the gateway ran on its kernel, and nowhere else', () => {
    const mac = evidence('mac=root');
    assert.ok(drawFacts(mac).darwin);
    assert.equal(drawFacts({ ...mac, runtime: 'docker' }).darwin, undefined);
    assert.equal(darwin('exit=1'), undefined);
  });

  it('without root the overflows are not known, and what the listener refused is that of lo0', () => {
    const { overflows, refused, afterClose } = darwin('mac=user overflows=5 refused=12') ?? {};
    assert.deepEqual([overflows, afterClose], [undefined, undefined]);
    assert.deepEqual([refused?.count, refused?.read], [12, 'TCP of macOS on lo0']);
    assert.equal(darwin('mac=user lo0=unread refused=12')?.refused, undefined);
    const root = darwin('mac=root overflows=5 refused=12');
    assert.deepEqual([root?.overflows, root?.refused?.read], [5, 'TCP of macOS']);
  });

  it('evicted: one or two refused segments each, never more than overflows, without what FIN closes drew', () => {
    const evicted = (extras: string) => darwin(`mac=root ${extras}`)?.evicted;
    assert.deepEqual(evicted('overflows=900 refused=500'), { least: 250, most: 500 });
    assert.deepEqual(evicted('overflows=300 refused=500'), { least: 250, most: 300 });
    assert.deepEqual(evicted('overflows=900 refused=500 afterclose=400'), { least: 50, most: 500 });
    assert.deepEqual(darwin('mac=user refused=12')?.evicted, { least: 6, most: 12 });
    assert.equal(darwin('mac=user lo0=unread refused=12')?.evicted, undefined);
  });

  it('resets that no overflow stands behind are nobody’s eviction', () => {
    const word = (extras: string) =>
      judge(drawFacts(evidence(`mac=root ${extras}`)), CAUSES).find(
        ({ cause }) => cause === 'accept-queue-evicted',
      )?.verdict;
    assert.equal(word('overflows=900 refused=900'), 'confirmed');
    assert.equal(word('refused=900'), 'refuted');
  });

  it('128/0/128 is an application that does not accept, 128/k/128 evicts, 127/k/128 neither', () => {
    const shape = (text: string) => {
      const { stuck, evicting, fullest } = darwin(`mac=root shape=${text}`) ?? {};
      return [stuck, evicting, fullest?.incqlen];
    };
    assert.deepEqual(shape('128/0/128'), [true, false, 0]);
    assert.deepEqual(shape('128/37/128'), [false, true, 37]);
    assert.deepEqual(shape('127/37/128'), [false, false, 37]);
  });

  it('the queue holds what the law says of backlog and somaxconn, else what netstat shows', () => {
    assert.equal(darwin('mac=root')?.capacity, 128);
    const unread = evidence('mac=root shape=60/0/64');
    if (unread.observer.before) unread.observer.before.sysctls = {};
    assert.equal(drawFacts(unread).darwin?.capacity, 64);
    const wrapped = evidence('mac=root');
    if (wrapped.observer.before) wrapped.observer.before.sysctls['kern.ipc.somaxconn'] = '40000';
    if (wrapped.gateway.listening) wrapped.gateway.listening.backlog = 40_000;
    assert.equal(drawFacts(wrapped).darwin?.capacity, 0);
  });

  it('a stopped gateway: as many as the law says are in its queue, not one more', () => {
    const given = evidence('mac=root overflows=72', '72 x timeout @ connect');
    const load = given.fleet.phases.find(({ phase }) => phase === 'load')?.at ?? 0;
    given.gateway.stopped = { from: load, to: load + 250 };
    given.fleet.users = given.fleet.users.filter(({ outcome }, id) => outcome !== 'open' || id < 128);
    for (const user of given.fleet.users) if (user.outcome === 'open') user.connectedMs = 100;
    const { measured, predicted, law } = thresholdDocument(given, drawFacts(given));
    assert.deepEqual([measured, predicted], [128, 128]);
    assert.match(law, /somaxconn where that is smaller/);
  });

  it('users whose connect(2) the kernel gave up', () => {
    const given = evidence('mac=root overflows=9', '3 x timeout @ connect');
    for (const user of given.fleet.users)
      if (user.outcome === 'timeout') Object.assign(user, { errno: 'ETIMEDOUT' });
    const facts = drawFacts(given);
    assert.equal(facts.darwin?.gaveUp, 3);
    const drop = judge(facts, CAUSES).find(({ cause }) => cause === 'accept-queue-drop');
    assert.match(drop?.for.map(({ says }) => says).join() ?? '', /75 s.*131 s: 3 users waited so long/);
  });
});

describe('causes: macOS', () => {
  it('every item names a command of macOS, never /proc', () => {
    const verdicts = judge(
      drawFacts(evidence('mac=root overflows=900 refused=500 shape=128/37/128')),
      CAUSES,
    );
    const items = verdicts.flatMap((one) => [...one.for, ...one.against]);
    assert.deepEqual(
      items
        .filter(({ source, after }) => source.startsWith('/proc') && after !== null)
        .map(({ source }) => source),
      [],
    );
    assert.ok(items.some(({ source }) => source === 'netstat -L -a -n'));
  });

  it('what is refuted says what there would have been on macOS', () => {
    const verdicts = judge(drawFacts(evidence('mac=root', '5 x reset @ open')), CAUSES);
    for (const id of ['listen-backlog', 'accept-queue-drop', 'accept-queue-evicted']) {
      const otherwise = verdicts.find(({ cause }) => cause === id)?.against[0]?.otherwise ?? '';
      assert.ok(otherwise.length > 0 && !otherwise.includes('ListenOverflows'), `${id}: ${otherwise}`);
    }
  });

  it('Linux alone: no tcp_abort_on_overflow, no SYN queue and no late reset there', () => {
    const verdicts = judge(drawFacts(evidence('mac=user')), CAUSES);
    for (const id of ['accept-queue-reset', 'syn-queue', 'late-reset'])
      assert.equal(verdicts.find(({ cause }) => cause === id)?.verdict, 'refuted', id);
  });

  it('the eviction can be made on native macOS, and nowhere else', () => {
    const { only } = acceptQueueEvicted;
    assert.ok(only);
    assert.equal(canBeMade(only, 'native', 'darwin'), true);
    assert.equal(canBeMade(only, 'docker', 'darwin'), false);
    assert.equal(canBeMade(only, 'native', 'linux'), false);
  });

  it('its fix: what somaxconn lets the backlog be, and users spread over twice what the gateway needs', () => {
    const given = evidence('mac=root refused=500');
    if (given.gateway.listening) given.gateway.listening.backlog = 8;
    given.asked.backlog = 8;
    const facts = drawFacts(given);
    const pace = facts.darwin?.pace ?? 0;
    assert.ok(pace > 0);
    for (const cause of [acceptQueueEvicted, acceptQueueDrop]) {
      const fix = cause.fix?.(facts, given.asked, 10_240);
      assert.equal(fix?.settings.backlog, 128);
      assert.match(fix?.change ?? '', /^backlog 8 → 128, users spread over \d+ms/);
      const ms = Number.parseInt(String(fix?.settings.ramp), 10);
      assert.ok(Math.abs(ms - (2000 * given.asked.users) / pace) <= 1, `${ms}`);
    }
  });

  it('its fix where everybody fits: the queue alone; never a somaxconn that only root could set', () => {
    const given = evidence('mac=root refused=500', '5 x reset @ upgrade');
    if (given.observer.before) given.observer.before.sysctls['kern.ipc.somaxconn'] = '60000';
    const fix = acceptQueueEvicted.fix?.(drawFacts(given), given.asked, 10_240);
    assert.equal(fix?.settings.ramp, undefined);
    assert.ok(Number(fix?.settings.backlog) <= 32_767);
    const longest = evidence('mac=root refused=500');
    if (longest.gateway.listening) longest.gateway.listening.backlog = 511;
    const spread = acceptQueueEvicted.fix?.(drawFacts(longest), longest.asked, 10_240);
    assert.deepEqual(Object.keys(spread?.settings ?? {}), ['ramp']);
  });
});

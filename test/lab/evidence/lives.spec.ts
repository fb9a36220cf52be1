import assert from 'node:assert/strict';
import { Lives, type LivesOptions } from '../../../lab/evidence/linux/trace/lives.ts';
import { lineOf } from '../../../protocol/connection-rows.ts';
import type { End, TraceEvent } from '../../../system/tracefs/events.ts';

const LOCAL: End = { host: '10.0.0.1', port: 8080 };
const task = { thread: 7, inside: false };

const newLives = (more: Partial<LivesOptions> = {}) =>
  new Lives({
    port: LOCAL.port,
    isLocal: (host) => host === LOCAL.host,
    isShared: () => false,
    hasDestroys: true,
    hasSendings: true,
    pidOf: () => undefined,
    toEpoch: () => 0,
    ...more,
  });

/** A connection's events, `sk` its socket. */
function eventsOf(sk: number, remote: End, at: number) {
  const state = (before: string, after: string, ms: number): TraceEvent => ({
    at: at + ms,
    cpu: 0,
    kind: 'state',
    sk,
    local: LOCAL,
    remote,
    before,
    after,
    task,
  });
  return {
    complete: state('SYN_RECV', 'ESTABLISHED', 0),
    reset: { at: at + 5, cpu: 0, kind: 'receive', local: LOCAL, remote } satisfies TraceEvent,
    closed: state('ESTABLISHED', 'CLOSE', 5),
    gone: { at: at + 6, cpu: 0, kind: 'destroy', sk, cookie: sk.toString(16) } satisfies TraceEvent,
  };
}

describe('evidence: the lives of connections, from events', () => {
  const hosts = ['10.0.0.2', '10.0.0.3', '10.0.0.4'];

  for (const reset of hosts)
    it(`of three clients with one port each has its own reset: ${reset}`, () => {
      const lives = newLives();
      const all = hosts.map((host, index) => ({
        host,
        ...eventsOf(index + 1, { host, port: 4000 }, 100 + index),
      }));
      for (const { complete } of all) lives.take(complete);
      const [one] = all.filter(({ host }) => host === reset);
      assert.ok(one);
      for (const event of [one.reset, one.closed, one.gone]) lives.take(event);
      const words = (remotes: string[]) => remotes.map((host) => [`${host}:4000`, undefined]);
      const told = (now: number) =>
        lives
          .over(now)
          .map(lineOf)
          .map((line) => [line.remote, line.how?.is]);
      assert.deepEqual(told(1000), [[`${reset}:4000`, 'RST']]);
      // The others are known as before, also when the one between them has gone.
      const others = all.filter(({ host }) => host !== reset);
      for (const { gone } of others) lives.take(gone);
      assert.deepEqual(told(2000), words(others.map(({ host }) => host)));
    });

  it('of two clients with one port each has sent its own RST, however late the first arrives', () => {
    const lives = newLives();
    const [first, second] = hosts.map((host, index) => {
      const remote = { host, port: 4000 };
      const sent: TraceEvent = { at: 101, cpu: 0, kind: 'send', skb: index, from: remote, to: LOCAL };
      return { ...eventsOf(index + 1, remote, 100), sent };
    });
    assert.ok(first && second);
    for (const { complete } of [first, second]) lives.take(complete);
    for (const { sent } of [first, second]) lives.take(sent);
    const late = 101 + 40;
    for (const { reset, closed, gone } of [first, second])
      for (const event of [reset, closed, gone]) lives.take({ ...event, at: late });
    const told = lives.rest(true).map(lineOf);
    assert.deepEqual(
      told.map(({ reset }) => reset?.is),
      ['client', 'client'],
    );
  });

  it('an RST that a client took and the server did not send is told while the server has the connection, and no later', () => {
    const remote = { host: '10.0.0.2', port: 4000 };
    const { complete, closed, gone } = eventsOf(1, remote, 100);
    const taken = (at: number): TraceEvent => ({ at, cpu: 0, kind: 'receive', local: remote, remote: LOCAL });
    const sent = (at: number): TraceEvent => ({ at, cpu: 0, kind: 'send', skb: 1, from: LOCAL, to: remote });
    const forged = (events: TraceEvent[], more: Partial<LivesOptions> = {}) => {
      const lives = newLives(more);
      for (const event of [complete, ...events]) lives.take(event);
      return lives.rest(true).map((row) => lineOf(row).forged?.is);
    };
    assert.deepEqual(forged([taken(102)]), [true]);
    assert.deepEqual(forged([taken(102), { ...closed, at: 900 }, { ...gone, at: 901 }]), [true]);
    // The server's own is traced only when its socket has gone.
    assert.deepEqual(forged([taken(102), { ...closed, at: 102 }, sent(103), { ...gone, at: 103 }]), [
      undefined,
    ]);
    assert.deepEqual(forged([closed, taken(106), gone]), [undefined]);
    assert.deepEqual(forged([taken(102)], { hasSendings: false }), [undefined]);
  });

  it('a port that is used again before the first is told of is another connection', () => {
    const lives = newLives();
    const remote = { host: '10.0.0.2', port: 4000 };
    const [first, second] = [eventsOf(1, remote, 100), eventsOf(2, remote, 120)];
    for (const event of [first.complete, first.closed, first.gone, second.complete, second.reset])
      lives.take(event);
    for (const event of [second.closed, second.gone]) lives.take(event);
    assert.deepEqual(
      lives
        .over(1000)
        .map(lineOf)
        .map(({ cookie, how }) => [cookie, how?.is]),
      [
        ['1', undefined],
        ['2', 'RST'],
      ],
    );
  });

  it('all that the trace tells of one, each in its field', () => {
    const lives = newLives({ pidOf: ({ thread }) => thread, toEpoch: () => 1_795_892_000_000 });
    const remote = { host: '10.0.0.2', port: 4000 };
    const { complete, closed, gone } = eventsOf(0x2a, remote, 100.25);
    const life = lives.take(complete);
    assert.ok(life);
    Object.assign(life, { accepted: true, wait: 1.5, shared: true });
    lives.take({ ...closed, after: 'FIN_WAIT1', task: { thread: 7, inside: true } } as TraceEvent);
    lives.take({ at: 105.5, cpu: 0, kind: 'send', skb: 1, from: LOCAL, to: remote, reason: 'TCP_STATE' });
    lives.take(gone);
    const by = 'tracefs';
    assert.deepEqual(lives.over(1000).map(lineOf), [
      {
        event: 'connection',
        at: 1_795_892_000_106,
        local: '10.0.0.1:8080',
        remote: '10.0.0.2:4000',
        cookie: '2a',
        shared: true,
        complete: { is: 1_795_892_000_100.25, by },
        accepted: { is: true, by },
        wait: { is: 1.5, by },
        pid: { is: 7, by },
        closed: { is: 1_795_892_000_105.25, by },
        closedBy: { is: 'server', by },
        how: { is: 'FIN', by },
        reset: { is: 'server', by },
        reason: { is: 'TCP_STATE', by },
        age: { is: 5, by },
      },
    ]);
  });

  it('one that lives when the trace is over is open, its ends IPv6', () => {
    const lives = newLives({ isLocal: () => true });
    const { complete } = eventsOf(1, { host: 'fe80::9', port: 4000 }, 100);
    lives.take({ ...complete, local: { host: '::1', port: 8080 } } as TraceEvent);
    assert.deepEqual(
      lives
        .rest(true)
        .map(lineOf)
        .map(({ local, remote, open, cookie, closed }) => [local, remote, open, cookie, closed]),
      [['[::1]:8080', '[fe80::9]:4000', true, undefined, undefined]],
    );
  });
});

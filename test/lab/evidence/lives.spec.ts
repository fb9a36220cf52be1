import assert from 'node:assert/strict';
import { Lives } from '../../../lab/evidence/linux/trace/lives.ts';
import type { End, TraceEvent } from '../../../system/tracefs/events.ts';

const LOCAL: End = { host: '10.0.0.1', port: 8080 };
const task = { thread: 7, inside: false };

const newLives = () =>
  new Lives({
    port: LOCAL.port,
    isLocal: (host) => host === LOCAL.host,
    isShared: () => false,
    hasDestroys: true,
    hasSendings: true,
    pidOf: () => undefined,
    toEpoch: () => 0,
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
      const told = (now: number) => lives.over(now).map((line) => [line.remote, line.how?.is]);
      assert.deepEqual(told(1000), [[`${reset}:4000`, 'RST']]);
      // The others are known as before, also when the one between them has gone.
      const others = all.filter(({ host }) => host !== reset);
      for (const { gone } of others) lives.take(gone);
      assert.deepEqual(told(2000), words(others.map(({ host }) => host)));
    });

  it('a port that is used again before the first is told of is another connection', () => {
    const lives = newLives();
    const remote = { host: '10.0.0.2', port: 4000 };
    const [first, second] = [eventsOf(1, remote, 100), eventsOf(2, remote, 120)];
    for (const event of [first.complete, first.closed, first.gone, second.complete, second.reset])
      lives.take(event);
    for (const event of [second.closed, second.gone]) lives.take(event);
    assert.deepEqual(
      lives.over(1000).map(({ cookie, how }) => [cookie, how?.is]),
      [
        ['1', undefined],
        ['2', 'RST'],
      ],
    );
  });
});

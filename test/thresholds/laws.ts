import assert from 'node:assert/strict';
import { robots } from '../../lab/drivers/robots-driver.ts';
import type { Evidence } from '../../lab/evidence/evidence.ts';
import { drawFacts, type Facts } from '../../lab/facts/facts.ts';
import { acceptQueueCapacity, overflowingBurst } from '../../lab/laws/accept-queue-law.ts';
import { portThreshold } from '../../lab/laws/port-law.ts';
import { requestLifetimeMs, synTimes } from '../../lab/laws/retransmission-law.ts';
import { synOverflow, synQueueCapacity } from '../../lab/laws/syn-queue-law.ts';
import { measure } from '../../lab/run/measure.ts';
import { newLabel } from '../../lab/runtimes/label.ts';
import type { Runtime } from '../../lab/runtimes/runtime.ts';
import { fromFlags, resolveSettings } from '../../lab/settings/setting-sources.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import { measuredAgain } from '../again.ts';
import { isDrawn, WHOLE } from '../whole.ts';
import { Pool } from './pool.ts';
import { SEED, shuffle } from './shuffle.ts';

const SOMAXCONN = [8, 16, 128, 511, 1024, 4096];
const BACKLOG = [1, 16, 128, 511, 4096];
const BEYOND = 4;

/** Packets follow each other so far apart: every SYN is there before the first ACK. */
const DELAY_MS = 20;
const DELAYED = `link_delay_ms=${DELAY_MS}`;
/** Room for a burst that takes 100 ms on a busy machine; SYNs and SYN-ACKs of eight users are through before 1 s. */
const SLOW = 'link_delay_ms=50';
const BURST_MS = 100;
const PATIENT = { rounds: 0, nofile: 8192, connect_timeout_ms: 30_000 };

interface Case {
  title: string;
  settings: string[];
  /** It is about a burst: all SYNs have left within this, ms. */
  burstMs?: number;
  check(measured: Measured): void;
}

interface Measured {
  /** Why it was measured again, each time. */
  again: readonly string[];
  evidence: Evidence;
  facts: Facts;
  users: UserLine[];
  /** Growth of a counter until the end of the load. */
  growth(name: string): number;
  /** Growth of a counter before any SYN was sent again. */
  atFirst(name: string): number;
}

/** Of so many queues, and of so many other cases, one is in the quick form. */
interface Quick {
  queues: number;
  others: number;
}

/**
 * What the kernel does at each of its limits, asserted on this runtime, `width` cases side by side. In the quick form a part of them:
 * that queues hold min(backlog, somaxconn) + 1, say, is this kernel's word on every runtime; what a runtime can get wrong is that a
 * setting is in force.
 */
export function lawSuite(runtime: Runtime, width: number, { queues, others }: Quick): void {
  describe(`laws on ${runtime.name}, ${WHOLE ? '' : 'some cases, '}in the order of seed ${SEED}`, () => {
    const other = [...overflowCases(), ...portCases(runtime)].filter((_, index) => isDrawn(index, others));
    const cases = shuffle([...queueCases(queues), ...other]);
    const pool = new Pool(cases, width, (one) => run(runtime, one));
    for (const one of cases)
      it(one.title, async function () {
        const measured = await pool.of(one);
        measuredAgain(this, measured.again);
        one.check(measured);
      });
  });
}

/** SYNs are sent again after 1 s: an observer that got no processor for this long (ms) may have missed what was before. */
const MISSED_MS = 500;
const TRIES = 5;

/** Measures a case; again where a busy machine has made something else of it. */
async function run(runtime: Runtime, one: Case, again: readonly string[] = []): Promise<Measured> {
  const settings = resolveSettings([fromFlags(one.settings)], PATIENT);
  await runtime.check(settings);
  const evidence = await measure({ runtime, driver: robots, settings, label: newLabel() });
  const { series } = evidence.observer;
  const resent = series.findIndex(({ deltas }) => deltas['TcpExt TCPSynRetrans']);
  const gapMs = resent < 1 ? 0 : (series[resent]?.at ?? 0) - (series[resent - 1]?.at ?? 0);
  const starts = evidence.fleet.users.map(({ startedAt }) => startedAt);
  const spreadMs = Math.max(...starts) - Math.min(...starts);
  const missed = [
    ...(gapMs > MISSED_MS ? [`the observer was away for ${gapMs} ms when a SYN was sent again`] : []),
    ...(spreadMs > (one.burstMs ?? Infinity) ? [`its burst took ${spreadMs} ms, not ${one.burstMs}`] : []),
    ...(sawLate(evidence) ? ['robots saw it when the gateway was going on'] : []),
  ].join(', ');
  if (missed && again.length + 1 < TRIES) return run(runtime, one, [...again, missed]);
  const last = (lines: typeof series, name: string) =>
    lines.findLast(({ deltas }) => name in deltas)?.deltas[name] ?? 0;
  return {
    again,
    evidence,
    facts: drawFacts(evidence),
    users: [...evidence.fleet.users],
    growth: (name) => last(series, name),
    atFirst: (name) => last(resent < 0 ? series : series.slice(0, resent), name),
  };
}

/** Robots that got no processor may see only after the gateway went on what was complete before. */
function sawLate({ fleet, gateway: { stopped } }: Evidence): boolean {
  const last = Math.max(...fleet.users.map(({ startedAt }) => startedAt));
  return stopped !== undefined && last + (fleet.done?.self.loop?.max ?? 0) > stopped.to;
}

/** With the gateway not accepting, just so many connections complete. One of three is each value, on either side of the other and equal. */
function queueCases(of: number): Case[] {
  return SOMAXCONN.flatMap((somaxconn, row) =>
    BACKLOG.filter((_, column) => isDrawn(row + column, of)).map((backlog): Case => {
      const capacity = acceptQueueCapacity(backlog, somaxconn);
      return {
        title: `somaxconn ${somaxconn}, backlog ${backlog}: ${capacity} complete at once, ${BEYOND} more wait`,
        settings: [
          `somaxconn=${somaxconn}`,
          `backlog=${backlog}`,
          `users=${capacity + BEYOND}`,
          'stop_ms=400',
          // Whoever waits for the queue would wait for long: it is seen by then that they do.
          'connect_timeout_ms=900',
        ],
        check({ evidence, facts, users, growth }) {
          assert.equal(evidence.observer.before?.sysctls.somaxconn, String(somaxconn), 'in force');
          assert.equal(facts.queue?.heldAtOnce, capacity, 'the robots');
          assert.equal(facts.queue?.peak, capacity, 'the kernel');
          assert.deepEqual(resets(users), []);
          assert.ok(growth('TcpExt ListenOverflows') >= BEYOND);
          assert.equal(growth('TcpExt ListenOverflows'), growth('TcpExt ListenDrops'));
        },
      };
    }),
  );
}

function overflowCases(): Case[] {
  const small = { backlog: 511, somaxconn: 8, waiting: 6, burst: 8 };
  const capacity = acceptQueueCapacity(small.backlog, small.somaxconn);
  const room = ['somaxconn=8', DELAYED, 'stop_ms=1500'];
  const crossed = [0, 1].flatMap((abort) =>
    [0, 1].map((cookies): Case => {
      const expected = overflowingBurst(capacity, small.waiting, small.burst, abort === 1);
      return {
        title: `abort ${abort}, cookies ${cookies}, delayed link: ${expected.reset} reset, ${expected.open} in the queue, ${expected.believed} believe so`,
        settings: [
          ...room,
          `waiting=${small.waiting}`,
          `users=${small.burst}`,
          `tcp_abort_on_overflow=${abort}`,
          `tcp_syncookies=${cookies}`,
        ],
        burstMs: DELAY_MS,
        check({ facts, users, growth }) {
          assert.equal(resets(users).length, expected.reset);
          for (const user of resets(users)) {
            assert.deepEqual(
              [user.stage, user.errno],
              ['upgrade', 'ECONNRESET'],
              'after connect(2) returned',
            );
          }
          assert.equal(facts.open, small.burst - expected.reset, 'the others get in later');
          assert.ok(
            users.every(({ connectedMs }) => connectedMs !== undefined),
            'every connect(2) returned',
          );
          assert.equal(facts.queue?.heldAtOnce, expected.open);
          assert.equal(facts.queue?.peak, capacity);
          const least = expected.reset + expected.believed;
          assert.ok(growth('TcpExt ListenOverflows') >= least);
        },
      };
    }),
  );
  return [...crossed, ...lateCases(), ...synQueueCases(), waitCase(), giveUpCase()];
}

/** The handshake is complete for the client alone, and its first data meets a server that has forgotten it. */
function lateCases(): Case[] {
  return [0, 1].map((retries) => {
    const lifetimeMs = requestLifetimeMs(retries, 5, 8);
    return {
      title: `late reset: tcp_synack_retries ${retries}: 5 users reset, none before ${lifetimeMs} ms`,
      settings: [
        ...['somaxconn=8', 'waiting=6', 'users=8', 'tcp_syncookies=0', 'tcp_abort_on_overflow=0', DELAYED],
        `tcp_synack_retries=${retries}`,
        `stop_ms=${lifetimeMs * 2 + 2000}`,
      ],
      burstMs: DELAY_MS,
      check({ facts, users }) {
        assert.equal(facts.open, 3);
        assert.equal(resets(users).length, 5);
        for (const { errno, connectedMs = 0, endedMs = 0 } of resets(users)) {
          assert.equal(errno, 'ECONNRESET');
          // The request is older than the client's belief, by the way of the SYN-ACK: never reset sooner.
          assert.ok(endedMs >= lifetimeMs, `connected after ${connectedMs}, reset after ${endedMs} ms`);
        }
      },
    };
  });
}

function synQueueCases(): Case[] {
  const users = 8;
  const cases = [0, 1].map((cookies): Case => {
    const held = synQueueCapacity({ ...SYN, somaxconn: 3, tcp_syncookies: cookies });
    const expected = synOverflow(held, users, cookies);
    return {
      title: `SYN queue of ${held}, cookies ${cookies}: ${users} SYNs, ${expected.dropped} dropped, ${expected.cookies} cookies`,
      settings: [`users=${users}`, 'somaxconn=3', `tcp_syncookies=${cookies}`, SLOW, 'stop_ms=600'],
      burstMs: BURST_MS,
      check({ users: lines, atFirst }) {
        assert.equal(atFirst('TcpExt TCPReqQFullDrop'), expected.dropped);
        assert.equal(atFirst('TcpExt TCPReqQFullDoCookies'), expected.cookies);
        assert.deepEqual(resets(lines), []);
      },
    };
  });
  const quarter = { ...SYN, somaxconn: 64, tcp_max_syn_backlog: 4 };
  const held = synQueueCapacity(quarter);
  return [
    ...cases,
    {
      title: `tcp_max_syn_backlog 4, cookies 0: ${held} of ${users} SYNs let in, the last quarter is for peers known before`,
      settings: [
        ...[`users=${users}`, 'somaxconn=64', 'tcp_max_syn_backlog=4', 'tcp_syncookies=0'],
        ...[SLOW, 'stop_ms=600'],
      ],
      burstMs: BURST_MS,
      check({ atFirst }) {
        assert.equal(atFirst('TcpExt ListenDrops'), users - held);
        assert.equal(atFirst('TcpExt TCPReqQFullDrop'), 0);
      },
    },
  ];
}

const SYN = { backlog: 511, tcp_max_syn_backlog: 2048, tcp_syncookies: 0 };

/** An overflow without abort resets nobody: whoever is dropped connects when the SYN is sent again, not before. */
function waitCase(): Case {
  return {
    title: 'overflow without abort: nobody is reset, the users beyond connect when their SYN is sent again',
    settings: ['somaxconn=16', 'users=60', 'stop_ms=300', 'tcp_abort_on_overflow=0'],
    check({ evidence, facts, users, growth }) {
      assert.equal(facts.open, 60);
      assert.deepEqual(resets(users), []);
      assert.equal(facts.queue?.heldAtOnce, 17);
      const { sysctls } = evidence.fleet.done?.self ?? {};
      const times = synTimes(Number(sysctls?.tcp_syn_retries), Number(sysctls?.tcp_syn_linear_timeouts ?? 0));
      const waited = users.flatMap(({ connectedMs = 0 }) => (connectedMs > EARLY_MS ? [connectedMs] : []));
      assert.equal(waited.length, 60 - 17);
      const first = times.again[0] ?? 0;
      for (const ms of waited) assert.ok(ms >= first - JIFFY_MS, `${ms} is before the first, ${first} ms`);
      assert.equal(growth('TcpExt ListenOverflows'), growth('TcpExt ListenDrops'));
    },
  };
}

/** Who meets a full queue for too long is told so by its own kernel, and when depends on both sysctls. */
function giveUpCase(): Case {
  return {
    title: 'tcp_syn_retries 1: connect(2) gives up beyond a queue that stays full, neither sooner nor later',
    settings: ['somaxconn=3', 'users=9', 'stop_ms=8000', 'tcp_syn_retries=1', 'connect_timeout_ms=30000'],
    check({ evidence, users }) {
      const { sysctls } = evidence.fleet.done?.self ?? {};
      const { again, giveUp } = synTimes(1, Number(sysctls?.tcp_syn_linear_timeouts ?? 0));
      const gaveUp = users.filter(({ errno }) => errno === 'ETIMEDOUT');
      assert.equal(gaveUp.length, 9 - acceptQueueCapacity(511, 3));
      // Each wait is late by an eighth at most, and a busy machine tells of it later still.
      const latest = giveUp + again.length * 125 + 400;
      for (const { endedMs = 0, stage } of gaveUp) {
        assert.equal(stage, 'connect');
        assert.ok(
          endedMs >= giveUp - JIFFY_MS && endedMs <= latest,
          `gave up after ${endedMs} ms, not ${giveUp}`,
        );
      }
    },
  };
}

/** By then the gateway accepts again, and every place in the queue is free. */
const EARLY_MS = 900;
/** The kernel's clock ticks 100 to 1000 times a second. */
const JIFFY_MS = 10;

function portCases(runtime: Runtime): Case[] {
  const ranges: [number, number, number?][] = [
    [40_000, 40_099],
    [40_000, 40_999],
    // The gateway listens where the robots connect: its port is none for them.
    ...(runtime.name === 'netns' ? [[40_000, 40_049, 40_007] as [number, number, number]] : []),
  ];
  return ranges.map(([first, last, port]): Case => {
    const size = portThreshold({ first, last });
    const beyond = 20;
    return {
      title: port
        ? `ip_local_port_range ${first}-${last}, with the gateway at ${port}: ${size - 1} users`
        : `ip_local_port_range ${first}-${last}: ${size} users, ${beyond} more without a port`,
      settings: [
        `ip_local_port_range=${first}-${last}`,
        `users=${size + beyond}`,
        'backlog=4096',
        ...(port ? [`port=${port}`] : []),
      ],
      check({ evidence, facts, users, growth }) {
        // Docker's DNS server listens in the robots' namespace, at whatever port.
        const listening = evidence.fleet.done?.self.ports.taken;
        assert.ok(listening, 'the ports of listeners are known');
        if (runtime.name === 'netns') assert.deepEqual(listening, port ? [port] : []);
        const ports = portThreshold({ first, last }, { listening });
        assert.equal(facts.open, ports);
        const failed = users.filter(({ outcome }) => outcome !== 'open');
        assert.equal(failed.length, size + beyond - ports);
        for (const { outcome, stage, errno, syscall } of failed) {
          assert.deepEqual(
            [outcome, stage, errno, syscall],
            ['no-port', 'connect', 'EADDRNOTAVAIL', 'connect'],
          );
        }
        // Not one packet of theirs arrived: what did is the users that are open.
        assert.equal(growth('Tcp PassiveOpens'), ports);
        if (runtime.name === 'netns') assert.equal(growth('Tcp ActiveOpens'), ports);
      },
    };
  });
}

function resets(users: readonly UserLine[]): UserLine[] {
  return users.filter(({ outcome }) => outcome === 'reset');
}

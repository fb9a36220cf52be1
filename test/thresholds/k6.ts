import assert from 'node:assert/strict';
import { CannotRunError } from '../../common/errors.ts';
import type { Driver } from '../../lab/drivers/driver.ts';
import { k6 } from '../../lab/drivers/k6-driver.ts';
import { robots } from '../../lab/drivers/robots-driver.ts';
import type { Evidence } from '../../lab/evidence/evidence.ts';
import { drawFacts, type Facts } from '../../lab/facts/facts.ts';
import { descriptorThreshold } from '../../lab/laws/descriptor-law.ts';
import { portThreshold } from '../../lab/laws/port-law.ts';
import { measure } from '../../lab/run/measure.ts';
import { newLabel } from '../../lab/runtimes/label.ts';
import type { Runtime } from '../../lab/runtimes/runtime.ts';
import { fromFlags, resolveSettings } from '../../lab/settings/setting-sources.ts';
import { judge } from '../../lab/verdict/judge.ts';
import { CAUSES } from '../../lab/verdict/registry.ts';
import { skip } from '../skip.ts';
import { isDrawn } from '../whole.ts';
import { Pool } from './pool.ts';

const NOFILE = [128, 512, 2048];
const PORTS = { first: 40_000, last: 40_099 };
/** A queue that holds everybody, and patience for a busy machine. */
const UNHURRIED = { rounds: 0, backlog: 4096, somaxconn: 4096, connect_timeout_ms: 60_000 };

interface Case {
  driver: Driver;
  settings: string[];
  /** Users beyond what the law on descriptors predicts; absent: those of the settings. */
  beyond?: number;
}

/**
 * Two load generators that share nothing but the protocol, on one gateway: they must find the same threshold. In the quick form at one of
 * the limits, which `turn` makes another one on each runtime.
 */
export function crossSuite(runtime: Runtime, width: number, turn: number): void {
  const fleets = [robots, k6()];
  // That the robots all get in at the threshold is what the suite of thresholds asserts.
  const beyondOf = (driver: Driver) => (driver === robots ? [1] : [0, 1]);
  const limits = NOFILE.filter((_, index) => isDrawn(index + turn, NOFILE.length));
  const nofileCases = limits.map((nofile) =>
    fleets.map((driver) =>
      beyondOf(driver).map((beyond): Case => ({ driver, settings: [`nofile=${nofile}`], beyond })),
    ),
  );
  const ports = portThreshold(PORTS);
  const portCases = fleets.map((driver) =>
    beyondOf(driver).map((beyond): Case => {
      const range = `ip_local_port_range=${PORTS.first}-${PORTS.last}`;
      return { driver, settings: [range, `users=${ports + beyond}`] };
    }),
  );
  const pool = new Pool([...nofileCases, portCases].flat(2), width, (one) => run(runtime, one));

  describe(`robots and k6 on ${runtime.name}`, () => {
    for (const [index, nofile] of limits.entries()) {
      it(`nofile ${nofile}: the same threshold, to the user`, async () => {
        const thresholds: number[] = [];
        for (const [at, cases] of (nofileCases[index] ?? []).entries()) {
          const name = fleets[at]?.name;
          const more = await pool.of(cases.at(-1) as Case);
          const enough = cases.length > 1 ? await pool.of(cases[0] as Case) : undefined;
          if (enough) {
            assert.deepEqual(failures(enough.facts), [], `${name}: users = predicted`);
            assert.equal(enough.facts.open, predicted(enough.evidence), `${name}: all are open`);
          }
          assert.equal(more.facts.failed.length, 1, `${name}: one more`);
          assert.equal(more.facts.open, predicted(more.evidence), `${name}: the others are open`);
          assert.deepEqual(confirmed(more.facts), ['fd-exhaustion'], `${name}: the cause`);
          thresholds.push(more.facts.open);
        }
        assert.equal(thresholds.length, 2);
        assert.equal(thresholds[0], thresholds[1], 'robots and k6');
      });
    }

    it(`ip_local_port_range ${PORTS.first}-${PORTS.last}: both connect ${ports} users, and k6 nobody else`, async () => {
      for (const [at, cases] of portCases.entries()) {
        const name = fleets[at]?.name;
        const more = await pool.of(cases.at(-1) as Case);
        const enough = cases.length > 1 ? await pool.of(cases[0] as Case) : undefined;
        assert.deepEqual(confirmed(more.facts), ['robots-limit', 'ephemeral-ports'], `${name}: the cause`);
        for (const { evidence, facts } of enough ? [enough, more] : [more]) {
          // Docker's DNS server listens in the robots' namespace, and may have one of them.
          const listening = evidence.fleet.done?.self.ports.taken;
          assert.ok(listening, `${name}: the ports of listeners are known`);
          const open = portThreshold(PORTS, { listening });
          const without = evidence.asked.users - open;
          assert.deepEqual(failures(facts), without > 0 ? [`${without} no-port connect`] : [], name);
          assert.equal(facts.open, open, name);
          assert.equal(growth(evidence, 'Tcp PassiveOpens'), open, `${name}: what reached the gateway`);
          // One namespace for all: a connection of k6's own, to whomever, would be counted here.
          if (runtime.name === 'netns') assert.equal(growth(evidence, 'Tcp ActiveOpens'), open, name);
        }
      }
    });
  });
}

interface Measured {
  evidence: Evidence;
  facts: Facts;
}

async function run(runtime: Runtime, { driver, settings, beyond }: Case): Promise<Measured> {
  const resolved = resolveSettings([fromFlags(settings)], UNHURRIED);
  driver.check(resolved, true);
  await runtime.check(resolved);
  const evidence = await measure({
    runtime,
    driver,
    settings: resolved,
    label: newLabel(),
    ...(beyond === undefined ? {} : { users: (law) => law + beyond }),
  });
  return { evidence, facts: drawFacts(evidence) };
}

function predicted({ observer, gateway }: Evidence): number {
  return descriptorThreshold(gateway.listening?.nofile ?? 0, observer.before?.process?.descriptors ?? []);
}

function failures({ by }: Facts): string[] {
  const failed = by.filter(({ outcome }) => outcome !== 'open');
  return failed.map(({ outcome, stage, count }) => `${count} ${outcome} ${stage}`);
}

function confirmed(facts: Facts): string[] {
  return judge(facts, CAUSES).flatMap(({ cause, verdict }) => (verdict === 'refuted' ? [] : [cause]));
}

function growth({ observer }: Evidence, name: string): number {
  return observer.series.findLast(({ deltas }) => name in deltas)?.deltas[name] ?? 0;
}

/** Skips the suite, saying why, where k6 cannot be had on that runtime; RESETLAB_K6=required fails it instead. */
export function skipWithoutK6(runtime: Runtime): void {
  before(async function () {
    this.timeout(300_000);
    const missing = process.env.RESETLAB_K6_MISSING ?? (await missingK6(runtime));
    if (missing === undefined) return;
    if (process.env.RESETLAB_K6 === 'required') throw new Error(missing);
    skip(this, missing);
  });
}

async function missingK6(runtime: Runtime): Promise<string | undefined> {
  try {
    await k6().ready(runtime);
    return undefined;
  } catch (error) {
    if (error instanceof CannotRunError) return error.message;
    throw error;
  }
}

import assert from 'node:assert/strict';
import { robots } from '../../lab/drivers/robots-driver.ts';
import { runScenario } from '../../lab/run/scenario.ts';
import type { VerdictDocument } from '../../lab/run/verdict-document.ts';
import type { Runtime } from '../../lab/runtimes/runtime.ts';
import { fromFlags, resolveSettings } from '../../lab/settings/setting-sources.ts';
import { thisHost } from '../../system/host.ts';
import { Pool } from './pool.ts';
import { SEED, shuffle } from './shuffle.ts';

export const LIMITS = [64, 128, 256, 512, 1024, 2048, 4096, 8192];

/** Below every range of local ports. */
const FIRST_PORT = 18_080;

/** A queue that holds everybody and patience for a busy machine: what is asserted is a number, never a time. */
const UNHURRIED = { rounds: 0, backlog: 8192, somaxconn: 8192, connect_timeout_ms: 60_000 };

/** Its one queue holds 128 until root says otherwise, and a burst would fail there first. Not run on macOS. */
const ON_MAC = { ramp: '5s' };

/** What a Mac shows to root alone leaves these open. */
const UNREAD_ON_MAC = ['listen-backlog', 'accept-queue-drop', 'accept-queue-evicted'];

const isMac = ({ name }: Pick<Runtime, 'name'>) => name === 'native' && thisHost.platform === 'darwin';

/** One execution: the number of users is the predicted threshold plus `beyond`. */
export async function runAt(runtime: Runtime, settings: string[], beyond: number): Promise<VerdictDocument> {
  const scenario = isMac(runtime) ? { ...UNHURRIED, ...ON_MAC } : UNHURRIED;
  const resolved = resolveSettings([fromFlags(settings)], scenario);
  await runtime.check(resolved);
  return runScenario({
    name: 'threshold-suite',
    runtime,
    driver: robots,
    settings: resolved,
    runs: null,
    fix: false,
    users: (predicted) => predicted + beyond,
  });
}

/** What must hold on every runtime, whatever it is made of; `width` runs at a time. */
export function thresholdSuite(runtime: Runtime, width: number, limits = LIMITS): void {
  describe(`nofile on ${runtime.name}: open = nofile − descriptors at rest, in the order of seed ${SEED}`, () => {
    const all = limits.flatMap((nofile) => [0, 1].map((beyond) => ({ nofile, beyond })));
    // A port each: on the host itself they meet.
    const cases = shuffle(all.map((one, index) => ({ ...one, port: FIRST_PORT + index })));
    const pool = new Pool(cases, width, ({ nofile, beyond, port }) =>
      runAt(runtime, [`nofile=${nofile}`, `port=${port}`], beyond),
    );
    for (const one of cases) {
      const { nofile, beyond } = one;
      const title =
        beyond === 0
          ? 'users = predicted: nobody fails, nothing is confirmed'
          : 'one user more: exactly one fails, by reset, and fd-exhaustion is confirmed';
      it(`nofile ${nofile}, ${title}`, async () => {
        const document = await pool.of(one);
        assert.equal(document.settings.nofile, nofile, 'the limit in force');
        if (beyond === 0) holds(document);
        else lacksOne(document);
      });
    }
  });
}

function holds(document: VerdictDocument): void {
  const { users, threshold, settings } = document;
  assert.deepEqual(failures(document), []);
  assert.equal(users.open, threshold.predicted);
  assert.ok(users.open > Number(settings.nofile) / 2, 'most of the limit goes to users');
  for (const { cause, verdict } of document.verdicts)
    if (!leftOpen(document, cause, verdict)) assert.equal(verdict, 'refuted', cause);
}

function lacksOne(document: VerdictDocument): void {
  const { users, threshold } = document;
  assert.deepEqual(failures(document), ['1 reset upgrade']);
  assert.equal(users.open, threshold.predicted);
  assert.equal(threshold.measured, threshold.predicted);
  assert.deepEqual(confirmed(document), ['fd-exhaustion']);
}

function failures({ users }: VerdictDocument): string[] {
  const groups = new Map<string, number>();
  for (const { outcome, stage, count } of users.by) {
    if (outcome === 'open') continue;
    const key = `${outcome} ${stage}`;
    groups.set(key, (groups.get(key) ?? 0) + count);
  }
  return [...groups].map(([key, count]) => `${count} ${key}`);
}

function leftOpen({ host, runtime }: VerdictDocument, cause: string, verdict: string): boolean {
  const mac = runtime === 'native' && host.os === 'darwin';
  return mac && verdict === 'insufficient-data' && UNREAD_ON_MAC.includes(cause);
}

function confirmed(document: VerdictDocument): string[] {
  return document.verdicts.flatMap(({ cause, verdict }) =>
    verdict === 'refuted' || leftOpen(document, cause, verdict) ? [] : [cause],
  );
}

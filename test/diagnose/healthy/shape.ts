import assert from 'node:assert/strict';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import { diagnosisReport } from '../../../lab/report/diagnosis-report.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { type Diagnosed, skipWithout } from '../place.ts';
import { assertHealthy } from '../verdicts.ts';
import { Field, type Where, type Who, whyNot } from './field.ts';

/** A server and its users, none of whom fails. */
export interface Shape {
  /** Starts what is there before anybody watches, the server last or not. Gives the server's pid. */
  stage(field: Field): Promise<number>;
  /** Its pid is named to `diagnose`, beside the port. */
  byPid?: boolean;
  /** The load, which is asserted to be what the title says. */
  load(field: Field): Promise<void>;
  /** In all four forms; else in two: root with users beside, an ordinary user with users elsewhere. */
  whole?: boolean;
  /** Commands that it takes. */
  takes?: string[];
  /** Causes that may be `contributing`: it was seen, and hurt nobody. */
  seen?: string[];
}

/** The port of the server that is watched. */
export const PORT = 9000;

const PEOPLE: Record<Where, readonly Who[]> = { beside: ['root'], elsewhere: ['an ordinary user'] };
const ALL: readonly Who[] = ['root', 'an ordinary user'];

/** Nothing is said against a server of this shape, whoever watches, and wherever the users are. */
export function healthy(title: string, shape: Shape): void {
  const { whole = false, takes = [], seen = [] } = shape;
  describe(`lab diagnose: healthy: ${title}`, function () {
    this.timeout(60_000);
    skipWhenMissing(netns);
    for (const command of takes) skipWithout(command);

    // At once: mostly they wait.
    const watched = new Map<string, Promise<Diagnosed>>();
    before(() => {
      for (const where of ['beside', 'elsewhere'] as const) {
        const people = (whole ? ALL : PEOPLE[where]).filter((who) => whyNot(who) === undefined);
        if (people.length === 0) continue;
        const all = watch(where, people, shape);
        for (const [index, who] of people.entries()) {
          const one = all.then((diagnosed) => diagnosed[index] as Diagnosed);
          one.catch(() => {});
          watched.set(`${where} ${who}`, one);
        }
      }
    });

    for (const where of ['beside', 'elsewhere'] as const)
      for (const who of whole ? ALL : PEOPLE[where])
        it(`users ${where}, the lab of ${who}`, async function () {
          const diagnosed = watched.get(`${where} ${who}`);
          if (diagnosed === undefined) skip(this, whyNot(who) ?? 'not watched');
          assertNothingSaid(await diagnosed, seen);
        });
  });
}

async function watch(
  where: Where,
  people: readonly Who[],
  { stage, load, byPid }: Shape,
): Promise<Diagnosed[]> {
  await using field = await Field.make(where);
  const pid = await stage(field);
  const target = ['--port', String(PORT), ...(byPid ? ['--pid', String(pid)] : [])];
  return await field.watch(people, target, () => load(field));
}

/** A number of users or connections, and a word that says that they failed. */
const FAILED =
  /\b[1-9]\d*\b[^.:\n]*\b(failed|turned away|nothing explains|reset by the server|never accepted|at once, without|without an answer)\b/;

/** No cause, no `unknown`, and no word of a user that failed; exit code 0. */
function assertNothingSaid(diagnosed: Diagnosed, seen: readonly string[]): void {
  const { document } = diagnosed;
  assert.deepEqual(accusations(document), [], JSON.stringify(document.counted));
  const hurtNobody = diagnosed.causes('contributing').filter((cause) => seen.includes(cause));
  assertHealthy({
    ...diagnosed,
    causes: (word) => diagnosed.causes(word).filter((cause) => !hurtNobody.includes(cause)),
  });
  assert.equal(document.complete, true);
  assert.equal(document.counted.turnedAway ?? 0, 0);
  const text = diagnosisReport(document);
  assert.doesNotMatch(text, FAILED, text);
}

/** What is said against the server, a line each. */
function accusations({ verdicts }: DiagnosisDocument): string[] {
  const told = verdicts.filter(({ verdict }) => ['confirmed', 'unknown'].includes(verdict));
  return told.map(({ cause, verdict, explains, for: items }) => {
    const says = items.map((item) => item.says).join('; ');
    return `${cause} ${verdict}, explains ${explains}: ${says}`;
  });
}

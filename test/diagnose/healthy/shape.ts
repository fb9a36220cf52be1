import assert from 'node:assert/strict';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import { diagnosisReport } from '../../../lab/report/diagnosis-report.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { SEED } from '../../thresholds/shuffle.ts';
import { WHOLE } from '../../whole.ts';
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
  /** One of those that most servers have: with `--whole` it is tried in all four forms. */
  common?: boolean;
  /** Commands that it takes. */
  takes?: string[];
  /** Causes that may be `contributing`: it was seen, and hurt nobody. */
  seen?: string[];
}

/** The port of the server that is watched. */
export const PORT = 9000;

/** Who watches, with users where: first those that have all that the kernel tells, and the least of it. */
const FORMS: readonly (readonly [Where, Who])[] = [
  ['beside', 'root'],
  ['elsewhere', 'an ordinary user'],
  ['beside', 'an ordinary user'],
  ['elsewhere', 'root'],
];

/**
 * The forms in which a shape is tried. Quick: a common one in one of the four, any other in one of the first two or in none, by its title
 * and the seed, so that each form has a part of the shapes and each shape its turn.
 */
function formsOf(title: string, common: boolean): typeof FORMS {
  if (WHOLE) return common ? FORMS : FORMS.slice(0, 2);
  const turn = [...title].reduce((sum, letter) => sum + letter.charCodeAt(0), SEED) % FORMS.length;
  return FORMS.slice(0, common ? 4 : 2).slice(turn, turn + 1);
}

/** Nothing is said against a server of this shape, whoever watches, and wherever the users are; `npm test -- --whole` tries all forms. */
export function healthy(title: string, shape: Shape): void {
  const { common = false, takes = [], seen = [] } = shape;
  const forms = formsOf(title, common);
  if (forms.length === 0) return;
  describe(`lab diagnose: healthy: ${title}`, function () {
    this.timeout(60_000);
    skipWhenMissing(netns);
    for (const command of takes) skipWithout(command);

    // At once: mostly they wait.
    const watched = new Map<string, Promise<Diagnosed>>();
    before(() => {
      for (const where of ['beside', 'elsewhere'] as const) {
        const people = forms.flatMap(([at, who]) => (at === where && whyNot(who) === undefined ? [who] : []));
        if (people.length === 0) continue;
        const all = watch(where, people, shape);
        for (const [index, who] of people.entries()) {
          const one = all.then((diagnosed) => diagnosed[index] as Diagnosed);
          one.catch(() => {});
          watched.set(`${where} ${who}`, one);
        }
      }
    });

    for (const [where, who] of forms)
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

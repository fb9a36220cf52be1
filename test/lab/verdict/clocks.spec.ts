import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cause } from '../../../lab/causes/shared/cause.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts, type Facts } from '../../../lab/facts/facts.ts';
import { largest, smallest } from '../../../lab/facts/numbers.ts';
import { ownersOf } from '../../../lab/verdict/claims.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { isDrawn } from '../../whole.ts';
import { shifted, type Whose, withClocks } from './other-clock.ts';
import { evidenceOf, parse } from './situation.ts';

/** The situations of the truth table with a gateway of ours: parts of a stranger, and of a Mac, are all on one machine. */
const LINES = readFileSync(join(import.meta.dirname, 'truth-table.txt'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#') && !/stranger=|mac=|clocks=/.test(line))
  .map((line) => (line.split('->')[0] as string).trim());

/** Of many users that stayed open a few say as much. */
const ONE_OF = 25;

function evidenceFor(line: string): Evidence {
  const evidence = evidenceOf(parse(line), 1);
  const { users } = evidence.fleet;
  evidence.fleet.users = users.filter(({ id, outcome }) => outcome !== 'open' || id % ONE_OF === 0);
  return { ...evidence, runtime: 'swarm' };
}

const ERRORS_MS = [0.5, 5, 20, 60, 90, 150, 240, 400, 600, 1500, 5000];

/** Half of the users came from another machine. */
const HALF: Whose = ({ id }) => id % 2 === 1;

describe('verdict: whatever the clocks say within their error, no user is given to another cause', function () {
  this.timeout(120_000);
  for (const [index, line] of LINES.entries()) {
    const errors = ERRORS_MS.filter((_, place) => isDrawn(place + index, 5));
    it(`${line.replace(/\s+/g, ' ')}, ±${errors.join(', ±')} ms`, () => {
      const evidence = evidenceFor(line);
      const right = ownersById(drawFacts(evidence));
      for (const error of errors)
        for (const ms of [error, error / 2, -error / 2, -error])
          for (const whose of [undefined, HALF]) {
            const facts = drawFacts(withClocks(shifted(evidence, ms, whose), error));
            for (const [id, owner] of ownersById(facts)) {
              const what = `user ${id}, ${whose ? 'half of them ' : ''}shifted by ${ms} of ±${error} ms`;
              assert.ok(
                owner === undefined || owner === right.get(id),
                `${what}: ${right.get(id)} → ${owner}`,
              );
            }
          }
    });
  }
});

describe('verdict: each cause that compares times of two parts', () => {
  const timed = CAUSES.filter(({ windowMs }) => windowMs !== undefined);
  it('there are such', () => assert.ok(timed.length > 15));

  for (const cause of timed)
    it(`${cause.id}: stands while its window is larger than the error, and is open beyond that`, () => {
      const { evidence, windows, said } = situationOf(cause);
      const within = verdictOf(cause, drawFacts(withClocks(evidence, smallest(windows) * 0.99)));
      assert.equal(within.verdict, said.verdict);
      assert.equal(within.explains, said.explains);

      const error = Math.ceil(largest(windows)) + 1;
      const facts = drawFacts(withClocks(evidence, error));
      const beyond = verdictOf(cause, facts);
      assert.deepEqual([beyond.verdict, beyond.explains, beyond.for], ['insufficient-data', 0, []]);
      const [why] = beyond.against;
      assert.deepEqual([why?.source, why?.name, why?.after], ['clocks', 'error of the clocks (ms)', error]);
      assert.match(
        why?.says ?? '',
        /^the clocks are known to ±\d+ ms, and this cause compares times within [\d.]+ ms$/,
      );
      assert.ok((why?.limit ?? error) < error);
      const wider = facts.failed.length > 0 && cause.under ? verdictOf(cause, facts, cause.under) : undefined;
      assert.notEqual(wider?.verdict, 'refuted');
    });
});

/** A situation in which this cause compares times: of all that it says anything of, one in which it says most. */
function situationOf(cause: Cause) {
  for (const word of ['confirmed', 'contributing'])
    for (const line of LINES) {
      const evidence = evidenceFor(line);
      const facts = drawFacts(evidence);
      const said = verdictOf(cause, facts);
      if (said.verdict !== word) continue;
      const owners = ownersById(facts);
      const own = facts.failed.filter(({ id }) => word === 'contributing' || owners.get(id) === cause.id);
      const windows = own.flatMap((user) => cause.windowMs?.(user, facts) ?? []);
      if (own.length > 0 && windows.length === own.length) return { evidence, windows, said };
    }
  return assert.fail(`the truth table has no situation in which ${cause.id} compares times`);
}

function verdictOf(_cause: Cause, facts: Facts, id = _cause.id) {
  return judge(facts, CAUSES).find(({ cause }) => cause === id) ?? assert.fail(id);
}

/** Of each failed user the cause that it is attributed to, by its number. */
function ownersById(facts: Facts): Map<number, string | undefined> {
  const ownerOf = ownersOf(facts, CAUSES);
  return new Map(facts.failed.map((user) => [user.id, ownerOf(user)?.id]));
}

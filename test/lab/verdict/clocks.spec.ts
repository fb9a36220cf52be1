import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawFacts, type Facts } from '../../../lab/facts/facts.ts';
import { ownersOf } from '../../../lab/verdict/claims.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { isDrawn } from '../../whole.ts';
import { shifted, type Whose, withClocks } from './other-clock.ts';
import { evidenceOf, parse } from './situation.ts';

/** The situations of the truth table with a gateway of ours: parts of a stranger, and of a Mac, are all on one machine. */
const LINES = readFileSync(join(import.meta.dirname, 'truth-table.txt'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#') && !/stranger=|mac=/.test(line))
  .map((line) => (line.split('->')[0] as string).trim());

const ERRORS_MS = [0.5, 5, 20, 60, 90, 150, 240, 400, 600, 1500, 5000];

/** A half of the users came from another machine. */
const HALF: Whose = ({ id }) => id % 2 === 1;

describe('verdict: whatever the clocks say within their error, no user is given to another cause', function () {
  this.timeout(120_000);
  for (const [index, line] of LINES.entries()) {
    const errors = ERRORS_MS.filter((_, place) => isDrawn(place + index, 4));
    it(`${line.replace(/\s+/g, ' ')}, ±${errors.join(', ±')} ms`, () => {
      const evidence = evidenceOf(parse(line), 1);
      evidence.runtime = 'swarm';
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

/** Of each failed user the cause that it is attributed to, by its number. */
function ownersById(facts: Facts): Map<number, string | undefined> {
  const ownerOf = ownersOf(facts, CAUSES);
  return new Map(facts.failed.map((user) => [user.id, ownerOf(user)?.id]));
}
void judge;

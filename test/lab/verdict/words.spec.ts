import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawFacts, type Facts } from '../../../lab/facts/facts.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { isDrawn } from '../../whole.ts';
import { evidenceOf, parse } from './situation.ts';

/** The situations of the truth table on Linux, on one machine. */
const LINES = readFileSync(join(import.meta.dirname, 'truth-table.txt'), 'utf8')
  .split('\n')
  .filter(
    (line) => line.trim() !== '' && !line.startsWith('#') && !/mac=|published|proxy|runtime=/.test(line),
  )
  .map((line) => (line.split('->')[0] as string).trim());
/** Half of them in the quick form. */
const SOME = LINES.filter((_, index) => isDrawn(index, 2));

describe('verdict: words', function () {
  this.timeout(60_000);

  it("a stranger's server is never called the gateway", () => {
    const said = new Set<string>();
    for (const line of SOME) {
      const stranger = line.includes('stranger=')
        ? line
        : `${line} ${line.includes('|') ? '' : '| '}stranger=511`;
      const evidence = evidenceOf(parse(stranger), 1);
      // It writes nothing that anybody could read.
      Object.assign(evidence.gateway, { samples: [], closes: [], errors: [], restarts: [] });
      delete evidence.gateway.listening;
      for (const facts of [drawFacts(evidence), alone(evidence)])
        for (const verdict of judgeOutside(facts, CAUSES))
          for (const { name, says, otherwise = '' } of [...verdict.for, ...verdict.against])
            for (const text of [name, says, otherwise]) said.add(text);
    }
    assert.ok(said.size > 100);
    assert.deepEqual(
      [...said].filter((text) => text.includes('gateway')),
      [],
    );
  });

  it('what rules a cause out is not said to be what it would look like', () => {
    const seen = new Map<string, number>();
    for (const line of LINES) {
      const facts = drawFacts(evidenceOf(parse(line), 1));
      for (const { cause, verdict, against } of judge(facts, CAUSES)) {
        const [first] = against;
        if (verdict !== 'refuted' || !SHOWS[cause]?.(facts)) continue;
        seen.set(cause, (seen.get(cause) ?? 0) + 1);
        const { looksLike } = CAUSES.find(({ id }) => id === cause) ?? assert.fail(cause);
        assert.notEqual(first?.otherwise, looksLike, `${line}: ${cause}: ${first?.says}`);
        assert.ok(first?.otherwise, `${line}: ${cause}: ${first?.says}`);
      }
    }
    assert.deepEqual([...seen.keys()].sort(), Object.keys(SHOWS).sort());
  });

  it('what was seen of a server is not said to be what would be seen otherwise', () => {
    const seen = new Set<string>();
    for (const line of SOME) {
      const facts = alone(evidenceOf(parse(`${line} ${line.includes('|') ? '' : '| '}stranger=511`), 1));
      for (const { cause, verdict, against } of judgeOutside(facts, CAUSES)) {
        if (verdict !== 'refuted') continue;
        seen.add(cause);
        for (const { says, otherwise } of against)
          assert.equal(otherwise, undefined, `${line}: ${cause}: ${says}`);
      }
    }
    assert.ok(seen.has('fd-exhaustion'));
  });
});

/** The causes of which a part may be measured where they are ruled out, and when it is. */
const SHOWS: Record<string, (facts: Facts) => boolean> = {
  'listen-backlog': ({ queue }) => (queue?.overflows ?? 0) + (queue?.synDrops ?? 0) > 0,
  'accept-queue-drop': ({ queue }) => (queue?.overflows ?? 0) > 0,
  'late-reset': ({ queue }) => (queue?.overflows ?? 0) > 0,
  'syn-queue': ({ queue }) => (queue?.synDrops ?? 0) > 0,
  'fd-exhaustion': ({ descriptors }) => descriptors?.full !== undefined,
  'loopback-interface': ({ interfaces }) => interfaces.some(({ errors, drops }) => errors + drops > 0),
  'gateway-crash': ({ gateway }) => gateway.exit !== undefined,
  'memory-kill': ({ gateway }) => gateway.exit?.signal === 'SIGKILL',
  'gateway-restart': ({ restarts }) => restarts.outages.length > 0,
  'reconnect-herd': ({ comebacks }) =>
    comebacks !== undefined && comebacks.together >= 0.5 && comebacks.pauseMs <= 100,
};

/** The facts without users of ours. */
function alone(evidence: Parameters<typeof drawFacts>[0]): Facts {
  const { fleet, ...rest } = evidence;
  return drawFacts({
    ...rest,
    asked: { ...rest.asked, users: 0 },
    fleet: { users: [], phases: [], progress: fleet.progress },
  });
}

import assert from 'node:assert/strict';
import { wallOf } from '../../../lab/climb/wall.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

/** Synthetic: gateways with 24 descriptors at rest, and room for as many users as were let in, but for `spare`. */
function wallIn(situations: readonly string[], { spare = 0, ports = 9000, interrupted = false } = {}) {
  const evidences = situations.map((situation) => evidenceOf(parse(situation), 1));
  for (const { fleet, observer } of evidences) {
    const opened = openIn({ fleet });
    if (observer.before?.process) observer.before.process.nofileHard = 24 + opened + spare;
    if (fleet.done && interrupted) fleet.done.interrupted = true;
    if (fleet.done) fleet.done.self.ports = { first: 20_000, last: 20_000 + ports - 1, addresses: 1 };
  }
  const opened = evidences.reduce((sum, evidence) => sum + openIn(evidence), 0);
  return { opened, wall: wallOf(judgeEach(evidences)) };
}

const openIn = ({ fleet }: Pick<Evidence, 'fleet'>) =>
  fleet.users.filter(({ openMs }) => openMs !== undefined).length;

describe('climb: the wall that was met', () => {
  const full = 'full 0 0 0 alive 20 herd 40 x reset @ upgrade';

  it('by the law on the cause: measured as predicted', () => {
    const { opened, wall } = wallIn([full]);
    assert.ok(opened > 1000);
    assert.deepEqual(wall, {
      cause: 'fd-exhaustion',
      law: 'nofile - descriptors at rest numbered below nofile',
      predicted: opened,
      measured: opened,
      capacity: true,
    });
  });

  it('none where all are open', () => {
    assert.equal(wallIn(['room 0 0 0 alive 20 herd none']).wall, undefined);
  });

  const both = 'full 0 0 0 alive 20 herd 4 x reset @ upgrade + 40 x no-port @ connect';

  it('of two causes the one that explains most', () => {
    assert.equal(wallIn([both], { spare: 1 }).wall?.cause, 'ephemeral-ports');
  });

  it('of two causes the one whose law says to the user how many were let in, however few it explains', () => {
    const { opened, wall } = wallIn([both]);
    assert.deepEqual([wall?.cause, wall?.predicted, wall?.measured], ['fd-exhaustion', opened, opened]);
  });

  it('of two causes not the one whose law has room for more', () => {
    const crashed = 'full 0 0 0 crashed 20 herd 425 x reset @ upgrade + 90 x reset @ open';
    assert.equal(wallIn([crashed]).wall?.cause, 'fd-exhaustion');
    assert.equal(wallIn([crashed], { spare: 1 }).wall?.cause, 'gateway-crash');
    assert.equal(wallIn([full], { spare: 1 }).wall?.cause, 'fd-exhaustion');
  });

  it('unknown where no cause is confirmed', () => {
    const { wall } = wallIn(['room 0 0 0 alive 20 herd 40 x reset @ upgrade']);
    assert.deepEqual([wall?.cause, wall?.law, wall?.predicted], ['unknown', null, null]);
  });

  it('unknown where the load was ended before it was over', () => {
    assert.equal(wallIn([full], { interrupted: true }).wall?.cause, 'unknown');
  });

  it('of several gateways the sum', () => {
    const { opened, wall } = wallIn([full, full]);
    assert.deepEqual(wall, {
      cause: 'fd-exhaustion',
      law: 'sum over 2 gateways: nofile - descriptors at rest numbered below nofile',
      predicted: opened,
      measured: opened,
      capacity: true,
    });
  });
});

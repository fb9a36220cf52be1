import assert from 'node:assert/strict';
import { concludeInterfaces, type Totals } from '../../../lab/troubleshoot/interfaces.ts';

const totals = (packets: number, lost = 0): Totals => ({ packets, errors: 0, drops: lost });

describe('troubleshoot: the interface', () => {
  const table: [what: string, before: Record<string, Totals>, after: Record<string, Totals>, says: RegExp][] =
    [
      [
        'one drop on lo',
        { lo: totals(0) },
        { lo: totals(50, 1) },
        /^points at the interface: lo 0 errors and 1 drops/,
      ],
      [
        'the same before the load',
        { lo: totals(9, 1) },
        { lo: totals(50, 1) },
        /^refuted: no error .*since boot: lo 1$/,
      ],
      [
        'drops on an interface beside the load',
        { lo: totals(0), docker0: totals(0) },
        { lo: totals(900), docker0: totals(3, 20) },
        /^refuted: too few lost to matter \(docker0 20\)/,
      ],
      ['a wire that loses a little', { eth0: totals(0) }, { eth0: totals(90_000, 80) }, /^refuted: too few/],
      [
        'a wire that loses much',
        { eth0: totals(0) },
        { eth0: totals(90_000, 100) },
        /^points at the interface: eth0/,
      ],
      [
        'no load, and nothing ever lost',
        { lo: totals(70) },
        { lo: totals(70) },
        /^refuted by the totals: .*lo 70/,
      ],
      [
        'no load, and losses of old',
        { lo: totals(70, 1) },
        { lo: totals(70, 1) },
        /^cannot be seen: no packet/,
      ],
    ];
  for (const [what, before, after, says] of table)
    it(what, () => assert.match(concludeInterfaces([before, after], '1 s').conclusion, says));
});

import assert from 'node:assert/strict';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { type Reading, sourceOf } from '../../../lab/facts/reading.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

describe('facts: what a figure was read from', () => {
  for (const [reading, linux, darwin] of [
    ['robots', 'robots', 'robots'],
    ['descriptors', '/proc/<pid>/fd', 'lsof -nP -p <pid>'],
    ['accept queue', '/proc/<pid>/net/tcp', 'netstat -L -a -n'],
    [{ counter: 'TcpExt ListenOverflows' }, '/proc/<pid>/net/netstat', 'netstat -s -p tcp'],
    [{ counter: 'Tcp OutRsts' }, '/proc/<pid>/net/snmp', 'netstat -s -p tcp'],
    [{ sysctl: 'net.ipv4.tcp_abort_on_overflow' }, '/proc/sys/net/ipv4', '/proc/sys/net/ipv4'],
  ] as [Reading, string, string][])
    it(`${JSON.stringify(reading)}: its source on Linux and on a Mac`, () =>
      assert.deepEqual([sourceOf(reading), sourceOf(reading, true)], [linux, darwin]));

  it('is not in the verdict that is written', () => {
    for (const line of [
      'full 9 1 4 alive 20 herd 5 x reset @ upgrade',
      'room 0 0 0 alive 20 herd none | mac=root',
    ]) {
      const verdicts = judge(drawFacts(evidenceOf(parse(line), 1)), CAUSES);
      const items = verdicts.flatMap((verdict) => [...verdict.for, ...verdict.against]);
      assert.ok(items.length > 10);
      for (const item of items) assert.ok(!('read' in item), JSON.stringify(item));
    }
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseConntrackStat, readConntrack, readFileTable } from '../../system/proc/kernel-tables.ts';

/** As Linux 6.18 prints it on two processors, 0x10 and 0x2 packets dropped, 3 entries thrown out. */
const STAT = `entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
00040000  00000000 00000000 00000000 0001de5e 00000000 00000000 00000000 00000000 00000007 00000010 00000001 00000000  00000000 00000000 00000000 00000000
00040000  00000000 00000000 00000000 0001de5e 00000000 00000000 00000000 00000000 00000000 00000002 00000002 00000000  00000000 00000000 00000000 00000000
`;

describe('system: tables that all of the machine share', () => {
  const proc = mkdtempSync(join(tmpdir(), 'resetlab-proc-'));
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(proc, name)), { recursive: true });
    writeFileSync(join(proc, name), text);
  };
  after(() => rmSync(proc, { recursive: true }));

  it('none where there are no such files', () => {
    assert.deepEqual([readConntrack(proc), readFileTable(proc)], [undefined, undefined]);
  });

  it('the table of tracked connections, summed over the processors', () => {
    put('sys/net/netfilter/nf_conntrack_count', '262143\n');
    put('sys/net/netfilter/nf_conntrack_max', '262144\n');
    put('net/stat/nf_conntrack', STAT);
    assert.deepEqual(readConntrack(proc), { count: 262_143, max: 262_144, dropped: 18, early: 3 });
    assert.equal(parseConntrackStat(STAT).insert_failed, 7);
  });

  it('open files, beside a limit that is none', () => {
    put('sys/fs/file-nr', '821\t0\t9223372036854775807\n');
    assert.deepEqual(readFileTable(proc), { used: 821, max: Number('9223372036854775807') });
  });
});

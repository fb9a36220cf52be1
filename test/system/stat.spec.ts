import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseNofile } from '../../system/descriptors.ts';
import { endingOf, pageBytes, pageBytesIn, parseStat } from '../../system/proc/stat.ts';
import { statusBytes, statusField } from '../../system/proc/status.ts';
import { garbageOf } from './garbage.ts';

const STAT_FIELDS =
  'R 3949 3949 31222 0 -1 4194304 99 0 0 0 12 34 5 6 20 0 11 0 767864 3133440 358 18446744073709551615 1 1 0 0 0 0 0 ' +
  '16781312 134235650 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 256';

const garbage = garbageOf(`3955 (a b) ${STAT_FIELDS}\n`);

describe('system: stat of a process', () => {
  const stat = {
    state: 'R',
    parent: 3949,
    cpuMs: 460,
    childrenCpuMs: 110,
    threads: 11,
    start: 767_864,
    rss: 358 * pageBytes(),
    exitStatus: 256,
  };

  for (const name of [
    'node',
    'a b',
    '(',
    ')',
    ') R 1 2',
    'tmux: server',
    '((a) b)',
    '',
    ') S 9 (x',
  ] as const) {
    it(`process name ${JSON.stringify(name)}`, () => {
      assert.deepEqual(parseStat(`3955 (${name}) ${STAT_FIELDS}\n`), stat);
    });
  }

  it('any name, any numbers', () => {
    const ticks = fc.nat(1_000_000_000);
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), ticks, ticks, ticks, (name, user, system, pages) => {
        const fields = STAT_FIELDS.split(' ');
        fields[11] = String(user);
        fields[12] = String(system);
        fields[21] = String(pages);
        const parsed = parseStat(`1 (${name}) ${fields.join(' ')}\n`);
        assert.deepEqual(parsed, { ...stat, cpuMs: (user + system) * 10, rss: pages * pageBytes() });
      }),
    );
  });

  it('garbage never throws', () => {
    fc.assert(
      fc.property(garbage, (text) => {
        parseStat(text);
      }),
    );
  });
});

describe('system: how a process ended', () => {
  it('with a code, by a signal that has a name, and by one that has none', () => {
    assert.deepEqual(endingOf(0), { code: 0, signal: null });
    assert.deepEqual(endingOf(3 << 8), { code: 3, signal: null });
    assert.deepEqual(endingOf(9), { code: null, signal: 'SIGKILL' });
    assert.deepEqual(endingOf(0x80 | 11), { code: null, signal: 'SIGSEGV' }, 'with a core dump');
    assert.deepEqual(endingOf(40), { code: null, signal: 'signal 40' });
  });
});

describe('system: the size of a page', () => {
  const words = (...all: bigint[]) => Buffer.from(BigUint64Array.from(all).buffer);

  it('is what the kernel told at the start, also when it is no 4 KiB', () => {
    assert.equal(pageBytesIn(words(33n, 6n, 51n, 3632n, 6n, 65_536n, 17n, 100n, 0n, 0n)), 65_536);
    assert.equal(pageBytesIn(words(16n, 6n, 6n, 16_384n, 0n, 0n)), 16_384);
  });

  it('is 4 KiB where words have 32 bits, or it is not told', () => {
    const half = Buffer.from(Uint32Array.from([16, 1, 6, 4096, 17, 100, 0, 0]).buffer);
    assert.equal(pageBytesIn(half), 4096);
    assert.equal(pageBytesIn(words(0n, 0n)), 4096);
  });
});

describe('system: status and limits of a process', () => {
  const STATUS =
    'Name:\tx\nState:\tS (sleeping)\nNSpid:\t3955\t17\nVmPeak:\t  900 kB\nVmHWM:\t  100 kB\nVmRSS:\t  50 kB\n';

  it('a field, and a size in bytes; none of a process without memory', () => {
    assert.equal(statusField(STATUS, 'NSpid'), '3955\t17');
    assert.equal(statusField(STATUS, 'RSS'), undefined);
    assert.equal(statusBytes(STATUS, 'VmHWM'), 102_400);
    assert.equal(statusBytes('Name:\tx\nState:\tZ (zombie)\n', 'VmHWM'), 0);
  });

  it('nofile, also unlimited; nothing of other text', () => {
    const head = 'Limit                     Soft Limit           Hard Limit           Units     \n';
    const row = (soft: string, hard: string) =>
      `${head}Max open files            ${soft.padEnd(20)} ${hard.padEnd(20)} files     \n`;
    assert.deepEqual(parseNofile(row('20000', '524288')), { soft: 20_000, hard: 524_288 });
    assert.deepEqual(parseNofile(row('1024', 'unlimited')), { soft: 1024, hard: Infinity });
    assert.equal(parseNofile(head), undefined);
  });
});

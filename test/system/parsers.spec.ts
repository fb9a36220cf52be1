import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseNofile } from '../../system/descriptors.ts';
import { parseDevices, parsePairs, readCounters } from '../../system/proc/net-counters.ts';
import { parseConnections, parseListeners } from '../../system/proc/net-tcp.ts';
import { endingOf, pageBytes, pageBytesIn, parseStat } from '../../system/proc/stat.ts';
import { statusBytes, statusField } from '../../system/proc/status.ts';
import { onLinuxOnly } from '../skip.ts';

const NETSTAT = `TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPAbortOnClose
TcpExt: 4161 45617 45618 204768
IpExt: InNoRoutes InOctets
IpExt: 0 12345678901
`;

const SNMP = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens InErrs OutRsts
Tcp: 1 200 120000 -1 816 0 55
`;

const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 660183335 7815622    0  237    0     0          0         0 660183336 7815623    1    2    3     4       5          6
eth0.10:8 7 6 5 4 3 2 1 10 20 30 40 50 60 70 80
`;

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1060 1 00000000845b5ff7 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:0000001F 00:00000000 00000000     0        0 1061 1 00000000845b5ff8 100 0 0 10 0
   2: 0100007F:1F91 0100007F:ABCD 01 00000000:00000007 00:00000000 00000000     0        0 1062 1 00000000845b5ff9 20 4 30 10 -1
`;

const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000200 00:00000000 00000000     0        0 1063 1 00000000845b5ffa 100 0 0 10 0
`;

const STAT_FIELDS =
  'R 3949 3949 31222 0 -1 4194304 99 0 0 0 12 34 5 6 20 0 11 0 767864 3133440 358 18446744073709551615 1 1 0 0 0 0 0 ' +
  '16781312 134235650 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 256';

const identifier = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,20}$/).filter((name) => name !== '__proto__');
/** Bytes as latin1 text, and pieces of the real thing, cut and joined. */
const garbage = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .array(
      fc.constantFrom(
        'TcpExt:',
        ' ',
        '\n',
        ':',
        '-1',
        '0A',
        '1F90',
        ')',
        '(',
        '\t',
        'lo:',
        '\0',
        '9'.repeat(400),
      ),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom(NETSTAT, DEV, TCP, TCP6), fc.nat(600), fc.nat(600))
    .map(([text, from, to]) => text.slice(0, from) + text.slice(to)),
);

describe('system: netstat and snmp', () => {
  it('real text', () => {
    assert.deepEqual(parsePairs(NETSTAT), {
      'TcpExt SyncookiesSent': 4161,
      'TcpExt ListenOverflows': 45617,
      'TcpExt ListenDrops': 45618,
      'TcpExt TCPAbortOnClose': 204768,
      'IpExt InNoRoutes': 0,
      'IpExt InOctets': 12_345_678_901,
    });
    assert.equal(parsePairs(SNMP)['Tcp MaxConn'], -1);
    assert.equal(parsePairs(SNMP)['Tcp OutRsts'], 55);
    assert.equal(parsePairs(SNMP)['Ip DefaultTTL'], 64);
  });

  it('any names and values come back', () => {
    const group = fc.dictionary(identifier, fc.maxSafeNat(), { minKeys: 1, maxKeys: 30 });
    fc.assert(
      fc.property(fc.dictionary(identifier, group, { maxKeys: 5 }), (groups) => {
        const text = Object.entries(groups)
          .map(
            ([name, all]) =>
              `${name}: ${Object.keys(all).join(' ')}\n${name}: ${Object.values(all).join(' ')}\n`,
          )
          .join('');
        const expected = Object.entries(groups).flatMap(([name, all]) =>
          Object.entries(all).map(([key, value]) => [`${name} ${key}`, value]),
        );
        assert.deepEqual(parsePairs(text), Object.fromEntries(expected));
      }),
    );
  });

  it('a line of names without its values gives nothing, not NaN', () => {
    assert.deepEqual(parsePairs('TcpExt: A B\n'), {});
    assert.deepEqual(parsePairs('TcpExt: A B\nTcpExt: 1\n'), { 'TcpExt A': 1 });
    assert.deepEqual(parsePairs('TcpExt: A\nIpExt: 1\n'), {});
  });

  it('garbage never throws and never gives what is no number', () => {
    fc.assert(
      fc.property(garbage, (text) => {
        for (const value of Object.values(parsePairs(text))) assert.ok(Number.isFinite(value));
      }),
    );
  });
});

describe('system: devices', () => {
  it('real text, with and without a blank after the colon', () => {
    const counters = parseDevices(DEV);
    assert.equal(counters['lo rx_bytes'], 660_183_335);
    assert.equal(counters['lo rx_packets'], 7_815_622);
    assert.equal(counters['lo rx_dropped'], 237);
    assert.equal(counters['lo tx_bytes'], 660_183_336);
    assert.equal(counters['lo tx_errors'], 1);
    assert.equal(counters['lo tx_dropped'], 2);
    assert.equal(counters['eth0.10 rx_bytes'], 8);
    assert.equal(counters['eth0.10 tx_compressed'], 80);
    assert.equal(Object.keys(counters).length, 32);
  });

  it('any interface and values come back', () => {
    const values = fc.array(fc.maxSafeNat(), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(fc.dictionary(identifier, values, { maxKeys: 8 }), (devices) => {
        const lines = Object.entries(devices).map(([name, all]) => `${name.padStart(6)}: ${all.join('   ')}`);
        const counters = parseDevices(['Inter-|', ' face |', ...lines, ''].join('\n'));
        const expected = Object.values(devices).flat();
        assert.deepEqual(Object.values(counters), expected);
        for (const [name, [rx, , , dropped]] of Object.entries(devices)) {
          assert.equal(counters[`${name} rx_bytes`], rx);
          assert.equal(counters[`${name} rx_dropped`], dropped);
        }
      }),
    );
  });

  it('garbage never throws and never gives what is no number', () => {
    fc.assert(
      fc.property(garbage, (text) => {
        for (const value of Object.values(parseDevices(text))) assert.ok(Number.isFinite(value));
      }),
    );
  });
});

describe('system: counters of this namespace', () => {
  onLinuxOnly('/proc/net');

  it('have what the verdicts use, as numbers', () => {
    const counters = readCounters('/proc/self/net');
    for (const name of [
      'Tcp InErrs',
      'Tcp OutRsts',
      'TcpExt ListenOverflows',
      'TcpExt ListenDrops',
      'TcpExt TCPAbortOnClose',
      'TcpExt TCPSynRetrans',
      'lo rx_packets',
      'lo rx_dropped',
      'lo tx_errors',
    ]) {
      assert.ok(Number.isInteger(counters[name]), `${name}: ${counters[name]}`);
    }
    for (const [name, value] of Object.entries(counters)) assert.ok(Number.isFinite(value), name);
    assert.equal(
      Object.keys(counters).some((name) => name.startsWith('Ip')),
      false,
      'only TCP and interfaces',
    );
  });
});

/** What waits at a port, as a reader of the queue sees it. */
const waitingIn = (text: string, port: number) => parseListeners(text, port)[0]?.waiting;

describe('system: accept queue text', () => {
  it('real text: rx_queue of the listener, in hexadecimal', () => {
    assert.equal(waitingIn(TCP, 8080), 31);
    assert.equal(waitingIn(TCP, 2024), 0);
    assert.equal(waitingIn(TCP6, 8080), 512);
  });

  it('a connection from or to that port is no listener', () => {
    assert.equal(waitingIn(TCP, 0x1f91), undefined);
    assert.equal(waitingIn(TCP, 0xabcd), undefined);
  });

  it('no listener, no text, header only: undefined', () => {
    assert.equal(waitingIn(TCP, 9999), undefined);
    assert.equal(waitingIn('', 8080), undefined);
    assert.equal(waitingIn(TCP.split('\n')[0] as string, 8080), undefined);
  });

  it('any port and length come back, whatever stands before and after', () => {
    const listener = fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 0, max: 0x7fffffff }));
    const listeners = fc.uniqueArray(listener, { selector: ([port]) => port, minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(listeners, fc.boolean(), (all, six) => {
        const address = '0'.repeat(six ? 32 : 8);
        const hex = (number: number, width: number) => number.toString(16).toUpperCase().padStart(width, '0');
        const lines = all.map(
          ([port, waiting], at) =>
            `${String(at).padStart(4)}: ${address}:${hex(port, 4)} ${address}:0000 0A 00000000:${hex(waiting, 8)} 00:00000000 00000000     0        0 1061 1 0`,
        );
        const text = ['header', ...lines, TCP.split('\n')[3], ''].join('\n');
        for (const [port, waiting] of all) assert.equal(waitingIn(text, port), waiting);
      }),
    );
  });

  it('garbage never throws', () => {
    fc.assert(
      fc.property(garbage, fc.nat(65_535), (text, port) => {
        const waiting = waitingIn(text, port);
        assert.ok(waiting === undefined || Number.isInteger(waiting), `${waiting}`);
      }),
    );
  });
});

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

describe('system: the listeners of a namespace', () => {
  it('IPv4, IPv6, IPv4 in IPv6, with what waits', () => {
    const text =
      `${HEAD}   0: 0100007F:46CB 00000000:0000 0A 00000000:00000006 00:00000000 00000000     0        0 941391 7 0\n` +
      '   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0\n' +
      '   2: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1 0\n' +
      '   3: 0100007F:46CB 0100007F:CE8C 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0\n';
    assert.deepEqual(parseListeners(text), [
      { address: '127.0.0.1', port: 18123, inode: '941391', waiting: 6 },
      { address: '::', port: 8080, inode: '12', waiting: 0 },
      { address: '::ffff:7f00:1', port: 8081, inode: '13', waiting: 0 },
    ]);
    assert.deepEqual(parseListeners(text, 8080), [{ address: '::', port: 8080, inode: '12', waiting: 0 }]);
  });
});

describe('system: the connections of a port', () => {
  it('who is accepted, who is not yet, and who was closed first', () => {
    const row = (local: string, remote: string, state: string, inode: number) =>
      `   1: 0100007F:${local} 0100007F:${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0\n`;
    const text = [
      row('1F90', '0000', '0A', 5), row('1F90', 'C001', '01', 77), row('1F90', 'C002', '01', 0), row('1F90', 'C003', '06', 0),
      row('1F90', 'C004', '08', 78), row('C001', '1F90', '01', 79),
    ]; // biome-ignore format: one connection each
    const found = parseConnections(HEAD + text.join(''), 8080);
    assert.deepEqual(
      [...found.open],
      [
        ['0100007F:C001', true],
        ['0100007F:C002', false],
      ],
    );
    assert.deepEqual(found.inodes, ['77']);
    assert.equal(found.closedFirst, 1);
  });
});

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

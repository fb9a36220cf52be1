import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  countConnections,
  parseListeners,
  readAcceptQueue,
  readConnections,
  readListeners,
} from '../../system/proc/net-tcp.ts';
import { parsePortRows } from '../../system/proc/tcp-rows.ts';
import { garbageOf } from './garbage.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1060 1 00000000845b5ff7 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:0000001F 00:00000000 00000000     0        0 1061 1 00000000845b5ff8 100 0 0 10 0
   2: 0100007F:1F91 0100007F:ABCD 01 00000000:00000007 00:00000000 00000000     0        0 1062 1 00000000845b5ff9 20 4 30 10 -1
`;

const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000200 00:00000000 00000000     0        0 1063 1 00000000845b5ffa 100 0 0 10 0
`;

const garbage = garbageOf(TCP, TCP6);

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
  it('IPv4, IPv6, IPv4 in IPv6, of a link alone, with what waits', () => {
    const text =
      `${HEAD}   0: 0100007F:46CB 00000000:0000 0A 00000000:00000006 00:00000000 00000000     0        0 941391 7 0\n` +
      '   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0\n' +
      '   2: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1 0\n' +
      '   3: 000080FE00000000FF005450B6C6AD1E:0016 00000000000000000000000000000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 14 1 0\n' +
      '   4: 0100007F:46CB 0100007F:CE8C 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0\n';
    assert.deepEqual(parseListeners(text), [
      { address: '127.0.0.1', port: 18123, inode: '941391', waiting: 6 },
      { address: '::', port: 8080, inode: '12', waiting: 0 },
      { address: '::ffff:7f00:1', port: 8081, inode: '13', waiting: 0 },
      { address: 'fe80::5054:ff:1ead:c6b6', port: 22, inode: '14', waiting: 1 },
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
      row('1F90', 'C004', '08', 78), row('C001', '1F90', '01', 79), row('1F90', 'C005', '04', 80), row('1F90', 'C006', '04', 0),
      row('1F90', 'C007', '09', 0), row('1F90', 'C008', '08', 0),
    ]; // biome-ignore format: one connection each
    const found = countConnections(parsePortRows(HEAD + text.join(''), 8080));
    assert.deepEqual(
      [...found.open],
      [
        ['0100007F:C001', true],
        ['0100007F:C002', false],
      ],
    );
    assert.deepEqual(found.inodes, ['77']);
    assert.equal(found.closedFirst, 3);
    assert.equal(found.sockets, 5, 'not those that the kernel alone still has: C003, C006 and C007');
  });
});

describe('system: how far the file is read', () => {
  const hex = (number: number, width: number) => number.toString(16).toUpperCase().padStart(width, '0');
  const row = (port: number, state: string) =>
    `   0: 0100007F:${hex(port, 4)} 00000000:0000 ${state} 00000000:00000003 00:00000000 00000000     0        0 77 1 0\n`;
  const rows = (first: number, count: number, state: string) =>
    Array.from({ length: count }, (_, at) => row(first + at, state)).join('');
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'net-tcp-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds every listener of many pages, wherever a page ends', () => {
    for (const file of ['tcp', 'tcp6']) writeFileSync(join(folder, file), HEAD + rows(1000, 300, '0A'));
    assert.deepEqual(
      readListeners(folder).map(({ port }) => port),
      [...Array(600).keys()].map((at) => 1000 + (at % 300)),
    );
    assert.equal(readAcceptQueue(folder, 1299), 3);
  });

  it('does not read on where connections begin, nor tcp6 when the listener is in tcp', () => {
    const text = HEAD + rows(1000, 3, '0A') + rows(2000, 1000, '01') + row(3000, '0A');
    writeFileSync(join(folder, 'tcp'), text);
    assert.deepEqual(
      readListeners(folder).map(({ port }) => port),
      [1000, 1001, 1002],
    );
    writeFileSync(join(folder, 'tcp6'), HEAD + row(1002, '0A').replace('00000003', '00000009'));
    assert.deepEqual([readAcceptQueue(folder, 1002), readAcceptQueue(folder, 3000)], [3, undefined]);
  });

  it('a folder that is not there has none', () => {
    assert.deepEqual(readListeners(join(folder, 'none')), []);
    assert.deepEqual(readConnections(join(folder, 'none'), 80), {
      open: new Map(),
      unread: [],
      unreleased: 0,
      inodes: [],
      closedFirst: 0,
      sockets: 0,
    });
  });
});

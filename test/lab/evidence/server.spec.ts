import assert from 'node:assert/strict';
import { addConnections, type Connections } from '../../../system/proc/connections.ts';
import { parseListeners } from '../../../system/proc/listeners.ts';
import { parseListenerStats } from '../../../system/ss.ts';

describe('evidence: what ss says of a listener', () => {
  it('real text, iproute2 6.1: backlog, drops, and which addresses it takes', () => {
    const text =
      'LISTEN 6      5      127.0.0.1:18123 0.0.0.0:*\n' +
      '\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d14)\n' +
      'LISTEN 0      4096           *:18123       *:*\n' +
      '\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0)\n' +
      'LISTEN 0      128         [::]:18123    [::]:*\n';
    assert.deepEqual(parseListenerStats(text), [
      { address: '127.0.0.1', backlog: 5, drops: 14 },
      { address: '*', backlog: 4096, drops: 0 },
      { address: '[::]', backlog: 128 },
    ]);
  });
  it('nothing, and garbage', () => {
    assert.deepEqual(parseListenerStats(''), []);
    assert.deepEqual(parseListenerStats('LISTEN\nx y z\n skmem:(d3)'), []);
  });
});

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

describe('evidence: the listeners of a namespace', () => {
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
  });
});

describe('evidence: the connections of a port', () => {
  it('who is accepted, who is not yet, and who was closed first', () => {
    const row = (local: string, remote: string, state: string, inode: number) =>
      `   1: 0100007F:${local} 0100007F:${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0\n`;
    const found: Connections = { open: new Map(), inodes: [], closedFirst: 0 };
    const text = [
      row('1F90', '0000', '0A', 5), row('1F90', 'C001', '01', 77), row('1F90', 'C002', '01', 0), row('1F90', 'C003', '06', 0),
      row('1F90', 'C004', '08', 78), row('C001', '1F90', '01', 79),
    ]; // biome-ignore format: one connection each
    addConnections(found, HEAD + text.join(''), 8080);
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

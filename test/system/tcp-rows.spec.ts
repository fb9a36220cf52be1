import assert from 'node:assert/strict';
import fc from 'fast-check';
import { endsOf, parsePortRows } from '../../system/proc/tcp-rows.ts';
import { garbageOf } from './garbage.ts';

const row = (ends: string, state: string, uid: number, inode: number) =>
  `   1: ${ends} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;
const SIX = '0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000200007F:C001';
const TEXT = [
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n',
  row('0100007F:1F90 00000000:0000', '0A', 0, 5),
  row('0100007F:1F90 0200007F:C001', '01', 1000, 77),
  row('0100007F:1F90 0200007F:C002', '08', 4_294_967_294, 12_345_678_901),
  row('0100007F:1F91 0200007F:C002', '01', 0, 78),
  row('0100007F:1F90 0200007F:C003', '06', 0, 0),
  row('0100007F:1F90 0200007F:C004', '05', 0, 0),
  row('0100007F:1F90 0200007F:C005', '05', 0, 79),
  row('0200007F:C006 0100007F:1F90', '06', 0, 0),
  row('0200007F:C007 0100007F:1F90', '01', 0, 80),
  row(SIX, '01', 0, 0),
].join('');

describe('system: the connections of a port, row by row', () => {
  it('states and inodes, whatever the width of what stands before', () => {
    const { rows, timeWait, letGo } = parsePortRows(TEXT, 8080);
    assert.deepEqual(
      rows.map(({ key, state, inode }) => [key.slice(-4), state, inode]),
      [
        ['C001', 1, 77],
        ['C002', 8, 12_345_678_901],
        ['C005', 5, 79],
        ['C001', 1, 0],
      ],
    );
    assert.deepEqual([timeWait, letGo], [2, []]);
  });

  it("those let go of that are asked for, on the client's side as well", () => {
    const wanted = new Uint8Array(1 << 16);
    for (const port of [0xc003, 0xc006, 0xc007]) wanted[port] = 1;
    assert.deepEqual(
      parsePortRows(TEXT, 8080, wanted).letGo.map(({ key, state, side }) => [key, state, side]),
      [
        ['0100007F:1F90 0200007F:C003', 6, 'server'],
        ['0200007F:C006 0100007F:1F90', 6, 'client'],
      ],
    );
  });

  it('both ends as text', () => {
    assert.deepEqual(endsOf(SIX), { local: '127.0.0.1:8080', remote: '127.0.0.2:49153' });
    const one = '00000000000000000000000001000000';
    assert.deepEqual(endsOf(`${one}:0050 ${one}:C001`), { local: '[::1]:80', remote: '[::1]:49153' });
  });

  it('garbage never throws', () => {
    fc.assert(
      fc.property(garbageOf(TEXT), fc.nat(65_535), (text, port) => {
        for (const { state } of parsePortRows(text, port).rows) assert.ok(Number.isInteger(state));
      }),
    );
  });
});

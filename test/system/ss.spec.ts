import assert from 'node:assert/strict';
import { parseListenerStats } from '../../system/ss.ts';

describe('system: what ss says of a listener', () => {
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

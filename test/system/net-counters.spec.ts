import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDevices, parsePairs, readCounters } from '../../system/proc/net-counters.ts';
import { onLinuxOnly } from '../skip.ts';
import { garbageOf } from './garbage.ts';

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

const identifier = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,20}$/).filter((name) => name !== '__proto__');
const garbage = garbageOf(NETSTAT, DEV);

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
      'Ip InReceives',
      'Ip InDelivers',
      'lo rx_packets',
      'lo rx_dropped',
      'lo tx_errors',
    ]) {
      assert.ok(Number.isInteger(counters[name]), `${name}: ${counters[name]}`);
    }
    for (const [name, value] of Object.entries(counters)) assert.ok(Number.isFinite(value), name);
    assert.equal(
      Object.keys(counters).some((name) => /^Ip(?:Ext)? Out/.test(name)),
      false,
      'only TCP, interfaces, and where packets of IPv4 came and went',
    );
  });
});

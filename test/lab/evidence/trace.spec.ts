import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pairEvents } from '../../../lab/evidence/linux/trace/pair.ts';
import { parseTraceLine, type TraceEvent } from '../../../system/tracefs/parse.ts';

/** As Linux 6.18 printed them. */
const CAPTURED = {
  timeWait:
    '      MainThread-13811   [000] ..s1.  2770.712580: tcp_send_reset: skbaddr=00000000a0540f7d skaddr=00000000089a5bef src=127.0.0.1:8080 dest=127.0.0.1:38972 state=TCP_TIME_WAIT reason=TCP_TIMEWAIT_SOCKET',
  untoldDrop:
    '      MainThread-13811   [000] ..s1.  2770.712637: kfree_skb: skbaddr=00000000a0540f7d rx_sk=00000000089a5bef protocol=2048 location=tcp_v4_rcv+0x91/0x13f0 reason: NOT_SPECIFIED',
  received:
    '      MainThread-13811   [000] .....  2770.712649: tcp_receive_reset: family=AF_INET sport=38972 dport=8080 saddr=127.0.0.1 daddr=127.0.0.1 saddrv6=::ffff:127.0.0.1 daddrv6=::ffff:127.0.0.1 sock_cookie=1001',
  listener:
    '          <idle>-0       [001] ..s1.  1510.193105: tcp_send_reset: skbaddr=0000000058fe9797 skaddr=000000004396ee00 src=127.0.0.1:8080 dest=0.0.0.0:0 state=TCP_LISTEN reason=INVALID_SYN',
  overflow:
    '          <idle>-0       [001] ..s1.  1510.193123: kfree_skb: skbaddr=0000000058fe9797 rx_sk=000000004396ee00 protocol=2048 location=tcp_v4_rcv+0x91/0x13f0 reason: TCP_LISTEN_OVERFLOW',
  noSocket:
    '      MainThread-522     [000] ..s1.  2102.234936: tcp_send_reset: skbaddr=00000000c999118e skaddr=0000000000000000 src=127.0.0.1:9 dest=127.0.0.1:42830 state=UNKNOWN reason=NO_SOCKET',
};

const GATEWAY = { host: '127.0.0.1', port: 8080 };

describe('evidence: a line of the trace', () => {
  it('an RST that is sent', () => {
    assert.deepEqual(parseTraceLine(CAPTURED.timeWait), {
      at: 2_770_712.58,
      cpu: 0,
      kind: 'send',
      skb: '00000000a0540f7d',
      from: GATEWAY,
      to: { host: '127.0.0.1', port: 38_972 },
      state: 'TCP_TIME_WAIT',
      reason: 'TCP_TIMEWAIT_SOCKET',
    });
  });

  it('an RST that arrives, and a packet that is dropped', () => {
    assert.deepEqual(parseTraceLine(CAPTURED.received), {
      at: 2_770_712.649,
      cpu: 0,
      kind: 'receive',
      local: { host: '127.0.0.1', port: 38_972 },
      remote: GATEWAY,
    });
    assert.deepEqual(parseTraceLine(CAPTURED.overflow), {
      at: 1_510_193.123,
      cpu: 1,
      kind: 'drop',
      skb: '0000000058fe9797',
      reason: 'TCP_LISTEN_OVERFLOW',
    });
  });

  it('IPv6, and IPv4 in it', () => {
    const ends = (src: string, dest: string) => {
      const event = parseTraceLine(
        CAPTURED.timeWait.replace(/src=.* state/, `src=${src} dest=${dest} state`),
      );
      return event?.kind === 'send' ? [event.from, event.to] : event;
    };
    assert.deepEqual(ends('[::1]:80', '[fe80::1]:5'), [
      { host: '::1', port: 80 },
      { host: 'fe80::1', port: 5 },
    ]);
    assert.deepEqual(ends('[::ffff:10.0.0.1]:80', '[::]:0'), [
      { host: '10.0.0.1', port: 80 },
      { host: '::', port: 0 },
    ]);
  });

  it('an older kernel gives no reason, a still older one its ends in parts', () => {
    const event = parseTraceLine(CAPTURED.timeWait);
    const { reason: _, ...without } = event as Extract<TraceEvent, { kind: 'send' }>;
    assert.deepEqual(parseTraceLine(CAPTURED.timeWait.replace(/ reason=.*/, '')), without);
    const parts =
      'family=AF_INET sport=8080 dport=38972 saddr=127.0.0.1 daddr=127.0.0.1 saddrv6=::ffff:127.0.0.1 daddrv6=::ffff:127.0.0.1 state=TCP_TIME_WAIT';
    assert.deepEqual(parseTraceLine(CAPTURED.timeWait.replace(/src=.*/, parts)), without);
  });

  it('what is no event is none, what is not understood is told apart', () => {
    for (const line of ['', '# tracer: nop', 'CPU:1 [LOST 23 EVENTS]'])
      assert.equal(parseTraceLine(line), null);
    for (const line of [
      'nonsense',
      CAPTURED.timeWait.slice(0, 90),
      CAPTURED.timeWait.replace('8080', '99999'),
      CAPTURED.overflow.replace('kfree_skb', 'sched_switch'),
    ])
      assert.equal(parseTraceLine(line), undefined, line);
  });

  it('any task name and any numbers', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    const word = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,30}$/);
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 15 }).filter((name) => !/[\n\r]/.test(name)),
        fc.nat(4_194_304),
        fc.nat(4095),
        fc.nat(999_999_999),
        fc.ipV4(),
        fc.ipV6(),
        port,
        port,
        word,
        (comm, pid, cpu, micros, v4, v6, from, to, reason) => {
          const time = `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`;
          const head = `${comm.padStart(16)}-${String(pid).padEnd(7)} [${String(cpu).padStart(3, '0')}] ..s1.  ${time}:`;
          const event = parseTraceLine(
            `${head} tcp_send_reset: skbaddr=00000000a0540f7d skaddr=0 src=${v4}:${from} dest=[${v6}]:${to} state=UNKNOWN reason=${reason}`,
          );
          assert.ok(event?.kind === 'send', head);
          assert.deepEqual([event.cpu, event.reason], [cpu, reason]);
          assert.ok(Math.abs(event.at - micros / 1000) < 0.001);
          assert.deepEqual([event.from, event.to.port], [{ host: v4, port: from }, to]);
        },
      ),
    );
  });

  it('garbage never throws', () => {
    const piece = fc.constantFrom(...Object.values(CAPTURED));
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(piece, fc.nat(300), fc.nat(300), piece)
        .map(([a, from, to, b]) => a.slice(0, from) + b.slice(to)),
    );
    fc.assert(
      fc.property(fc.array(garbage), (lines) => {
        const events = lines.map(parseTraceLine).filter((event) => event !== null && event !== undefined);
        pairEvents(events, GATEWAY, 0);
      }),
    );
  });
});

describe('evidence: resets out of the trace', () => {
  const pair = (...lines: string[]) => {
    const events = lines.map((line) => parseTraceLine(line) as TraceEvent);
    return pairEvents(events, GATEWAY, 1000);
  };
  /** The same line later, by so many µs. */
  const later = (line: string, micros: number) =>
    line.replace(/(\d+)\.(\d{6}):/, (_, seconds, part) => {
      const total = Number(seconds) * 1e6 + Number(part) + micros;
      return `${Math.floor(total / 1e6)}.${String(total % 1e6).padStart(6, '0')}:`;
    });
  const arrival = (port: number, micros: number) =>
    later(CAPTURED.received, (1510 - 2770) * 1e6 + micros).replace('38972', String(port));

  it('its sending and its arrival by the port; a drop that says nothing is left out', () => {
    assert.deepEqual(pair(CAPTURED.timeWait, CAPTURED.untoldDrop, CAPTURED.received), [
      {
        at: 2_771_712.58,
        from: 'gateway',
        port: 38_972,
        state: 'TCP_TIME_WAIT',
        reason: 'TCP_TIMEWAIT_SOCKET',
        receivedAt: 2_771_712.649,
      },
    ]);
  });

  it('a socket that resets is traced after the arrival', () => {
    const reset = later(CAPTURED.timeWait, 80).replace('TCP_TIMEWAIT_SOCKET', 'TCP_ABORT_ON_CLOSE');
    assert.deepEqual(
      pair(CAPTURED.received, reset).map(({ port, reason }) => [port, reason]),
      [[38_972, 'TCP_ABORT_ON_CLOSE']],
    );
    assert.equal(pair(CAPTURED.received, later(reset, 20_000)).length, 2, 'another one');
  });

  it("a listener's has its port from its arrival, and why from the packet that was dropped", () => {
    const [reset] = pair(CAPTURED.listener, CAPTURED.overflow, arrival(40_001, 0));
    assert.deepEqual(
      [reset?.port, reset?.reason, reset?.drop],
      [40_001, 'INVALID_SYN', 'TCP_LISTEN_OVERFLOW'],
    );
  });

  it('of two from a listener that which ends a handshake arrives', () => {
    const stray = CAPTURED.listener.replace('INVALID_SYN', 'TCP_FLAGS').replaceAll('58fe9797', 'b04f2c00');
    const second = later(CAPTURED.listener, 200).replaceAll('58fe9797', 'b04f2c01');
    const resets = pair(later(stray, 100), CAPTURED.listener, second, arrival(1, 0), arrival(2, 50));
    assert.deepEqual(
      resets.map(({ reason, port }) => [reason, port]),
      [
        ['INVALID_SYN', 1],
        ['TCP_FLAGS', undefined],
        ['INVALID_SYN', 2],
      ],
    );
  });

  it('a drop belongs to the reset only when the same CPU frees the same packet at once', () => {
    for (const other of [
      CAPTURED.overflow.replace('[001]', '[000]'),
      CAPTURED.overflow.replace('58fe9797', '58fe9798'),
      later(CAPTURED.overflow, 20_000),
    ])
      assert.equal(pair(CAPTURED.listener, other)[0]?.drop, undefined, other);
  });

  it("those of others are left out; a robot's own is told from the gateway's", () => {
    assert.deepEqual(pair(CAPTURED.noSocket, CAPTURED.timeWait.replaceAll('127.0.0.1', '127.0.0.2')), []);
    const own = CAPTURED.timeWait.replace(
      'src=127.0.0.1:8080 dest=127.0.0.1:38972',
      'src=127.0.0.1:38972 dest=127.0.0.1:8080',
    );
    assert.deepEqual(
      pair(own).map(({ from, port }) => [from, port]),
      [['robots', 38_972]],
    );
  });

  it('a listener on all addresses: only with an arrival from this gateway', () => {
    const any = CAPTURED.listener.replace('src=127.0.0.1', 'src=0.0.0.0');
    assert.deepEqual(pair(any), []);
    assert.equal(pair(any, arrival(7, 0))[0]?.reason, 'INVALID_SYN');
  });

  it('an arrival whose sending was not seen has no reason', () => {
    assert.deepEqual(pair(CAPTURED.received), [
      { at: 2_771_712.649, from: 'gateway', port: 38_972, receivedAt: 2_771_712.649 },
    ]);
  });
});

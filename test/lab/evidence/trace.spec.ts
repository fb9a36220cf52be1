import assert from 'node:assert/strict';
import { pairEvents } from '../../../lab/evidence/linux/trace/pair.ts';
import { capturedEvent } from './captured-trace.ts';

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

describe('evidence: resets out of the trace', () => {
  const pair = (...lines: string[]) => {
    const events = lines.map(capturedEvent);
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

  describe('of robots with several addresses', () => {
    const OTHER = '10.0.0.2';
    const placed = (...lines: string[]) =>
      pairEvents(lines.map(capturedEvent), GATEWAY, 1000, true).map(
        ({ address, port, reason, receivedAt }) => [address, port, reason, receivedAt !== undefined],
      );
    /** The same line of a robot with the same port at the other address. */
    const sentToOther = CAPTURED.timeWait.replace('dest=127.0.0.1', `dest=${OTHER}`);
    const receivedByOther = CAPTURED.received
      .replace('saddr=127.0.0.1', `saddr=${OTHER}`)
      .replace('saddrv6=::ffff:127.0.0.1', `saddrv6=::ffff:${OTHER}`);

    it('each arrival belongs to the one that was sent to its address', () => {
      const skb = (line: string) => line.replace('a0540f7d', 'a0540f7e');
      assert.deepEqual(placed(CAPTURED.timeWait, skb(sentToOther), receivedByOther), [
        ['127.0.0.1', 38_972, 'TCP_TIMEWAIT_SOCKET', false],
        [OTHER, 38_972, 'TCP_TIMEWAIT_SOCKET', true],
      ]);
    });

    it("a listener's has its address from its arrival, and none before that", () => {
      const other = later(receivedByOther, (1510 - 2770) * 1e6);
      assert.deepEqual(placed(CAPTURED.listener, other), [[OTHER, 38_972, 'INVALID_SYN', true]]);
      assert.deepEqual(placed(CAPTURED.listener), [[undefined, undefined, 'INVALID_SYN', false]]);
    });

    it('they are not told where nobody asks', () => {
      assert.deepEqual(
        pair(sentToOther, receivedByOther).map((reset) => 'address' in reset),
        [false],
      );
    });
  });
});

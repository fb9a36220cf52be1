import assert from 'node:assert/strict';
import { socketEndsIn, wasThrownAway } from '../../system/ss-ends.ts';

/** As ss of iproute2 6.1 printed them on Linux 6.18. */
const LINES = {
  mapped:
    'UNCONN 0      0      [::ffff:127.0.0.1]:9099 [::ffff:127.0.0.1]:41688 wscale:10,10 rto:204 rtt:0.021/0.01 ato:40 mss:32768 pmtu:65535 rcvmss:536 advmss:65483 cwnd:12 bytes_sent:50 bytes_acked:51 bytes_received:101 segs_out:3 segs_in:6 data_segs_out:1 data_segs_in:1 send 149796571429bps lastsnd:200 lastrcv:204 pacing_rate 325725462640bps delivery_rate 10082461536bps delivered:3 rcv_space:65483 rcv_ssthresh:65483 minrtt:0.004 snd_wnd:65536',
  six: 'UNCONN 0      0                   [::1]:9099              [::1]:37448 wscale:10,10 rto:204 rtt:0.023/0.015 ato:40 mss:32768 bytes_sent:50 bytes_acked:51 bytes_received:101 segs_out:3 segs_in:6 data_segs_out:1 data_segs_in:1 lastsnd:204 lastrcv:204',
  linkLocal:
    'UNCONN 0      0      [fe80::5054:ff:fe12:3456]%eth0:80 [fe80::1]%eth0:37448 bytes_acked:1 segs_out:1 segs_in:3 lastsnd:4 lastrcv:4',
  unread:
    'UNCONN 10     0      127.0.0.1:9099 127.0.0.1:41708 wscale:10,10 rto:200 rtt:0.025/0.012 ato:40 mss:32768 pmtu:65535 rcvmss:536 advmss:65483 cwnd:10 bytes_received:10 segs_out:2 segs_in:3 data_segs_in:1 send 104857600000bps lastsnd:20 lastrcv:20 lastack:20 pacing_rate 299667438136bps delivered:1 app_limited rcv_space:65483 rcv_ssthresh:65483 minrtt:0.025 snd_wnd:65536',
  again:
    'UNCONN 0      0      127.0.0.1:9099 127.0.0.1:41709 rto:200 bytes_sent:300 bytes_retrans:100 bytes_acked:201 bytes_received:10 segs_out:5 segs_in:3 data_segs_out:3 data_segs_in:1 lastsnd:20 lastrcv:20 retrans:0/1',
  wiped:
    'UNCONN 0      65538  127.0.0.1:9099         *:*     wscale:10,10 rto:200 mss:536 cwnd:10 lastsnd:20216856 lastrcv:20216856 lastack:20216856 app_limited',
  thrownAway:
    'UNCONN 0      0      127.191.8.47:8080 127.0.0.1:35142 ino:0 sk:30de4e ts sack wscale:10,10 rto:204 rtt:0.856/0.428 mss:32768 pmtu:65535 rcvmss:536 advmss:65495 cwnd:10 segs_in:1 send 3062429907bps lastack:7207940 app_limited rcv_ssthresh:65483 minrtt:0.856 snd_wnd:65536',
  resetAtOnce:
    'UNCONN 0      0      127.0.0.1:9099 127.0.0.1:41710 wscale:10,10 rto:200 rtt:0.025/0.012 mss:32768 cwnd:10 segs_in:3 lastsnd:20 lastrcv:20 lastack:20',
  listener:
    'UNCONN 0      0                       *:9099                  *:*     rto:1000 mss:536 cwnd:10 lastsnd:20216856 lastrcv:20216856 lastack:20216856 app_limited',
};

const endsIn = (text: string) => socketEndsIn(Buffer.from(text));
const parseSocketEnd = (line: string) => endsIn(line)[0];

describe('system: the end of a socket as ss -E prints it', () => {
  it('of a second child of one handshake: it was no connection; of one that was reset at once, it was', () => {
    const thrownAway = Object.entries(LINES).filter(([, line]) => endsIn(line).some(wasThrownAway));
    assert.deepEqual(
      thrownAway.map(([name]) => name),
      ['thrownAway'],
    );
  });

  it('all its fields; mapped IPv4 as IPv4', () => {
    assert.deepEqual(parseSocketEnd(LINES.mapped), {
      local: '127.0.0.1:9099',
      remote: '127.0.0.1:41688',
      unread: 0,
      received: 101,
      sent: 50,
      sentAgain: 0,
      acked: 51,
      segsOut: 3,
      segsIn: 6,
      dataSegsOut: 1,
      dataSegsIn: 1,
      retransmitted: false,
      cookie: undefined,
      lastSent: 200,
      lastReceived: 204,
    });
  });

  it('IPv6, and of a link alone without its interface', () => {
    const ends = (line: string) => [parseSocketEnd(line)?.local, parseSocketEnd(line)?.remote];
    assert.deepEqual(ends(LINES.six), ['[::1]:9099', '[::1]:37448']);
    assert.deepEqual(ends(LINES.linkLocal), ['[fe80::5054:ff:fe12:3456]:80', '[fe80::1]:37448']);
  });

  it('unread bytes, and what is absent is 0', () => {
    const { unread, received, sent, acked, dataSegsIn, segsIn } =
      parseSocketEnd(LINES.unread) ?? assert.fail();
    assert.deepEqual([unread, received, sent, acked, dataSegsIn, segsIn], [10, 10, 0, 0, 1, 3]);
  });

  it('what was sent again', () => {
    const { sent, sentAgain, acked, retransmitted } = parseSocketEnd(LINES.again) ?? assert.fail();
    assert.deepEqual([sent, sentAgain, acked, retransmitted], [300, 100, 201, true]);
  });

  it('wiped: it has no other end; a listener is no connection', () => {
    const wiped = parseSocketEnd(LINES.wiped);
    assert.deepEqual([wiped?.local, wiped?.remote], ['127.0.0.1:9099', undefined]);
    assert.equal(parseSocketEnd(LINES.listener), undefined);
  });

  it('each line of a text, whatever stands between them', () => {
    const { wiped, listener, unread, again } = LINES;
    const ends = endsIn(
      ['UNCONN', wiped, '', listener, 'UNCONN 0 0 a:1', unread, `${again} sk:3c648a`, ''].join('\n'),
    );
    assert.deepEqual(
      ends.map((end) => [end.remote, end.unread, end.segsOut, end.retransmitted, end.cookie]),
      [
        [undefined, 0, 0, false, undefined],
        ['127.0.0.1:41708', 10, 2, false, undefined],
        ['127.0.0.1:41709', 0, 5, true, '3c648a'],
      ],
    );
  });

  it('other text, and lines that are cut, never throw', () => {
    for (const line of Object.values(LINES))
      for (let length = 0; length < line.length; length += 1) parseSocketEnd(line.slice(0, length));
    for (const line of ['', ' ', 'UNCONN', 'Failed to open', 'a b c d e f g'])
      assert.equal(parseSocketEnd(line), undefined, line);
  });
});

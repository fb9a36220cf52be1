import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unmet } from '../../../lab/evidence/linux/unmet-connects.ts';
import { socketEndsIn } from '../../../system/ss-ends.ts';

const PORT = 8080;

/** As `ss -E` printed them (iproute2 6.1): who was refused; who gave up; who had a connection. */
const REFUSED =
  'UNCONN 0      1      127.0.0.1:53202 127.0.0.1:8080 rto:1000 mss:524 cwnd:10 segs_out:1 segs_in:1 lastsnd:232392 lastrcv:232392\n';
const GAVE_UP =
  'UNCONN 0      1      127.0.0.1:53210 127.0.0.1:8080 rto:1000 mss:524 cwnd:1 segs_out:2 lastsnd:235136 lastrcv:235136 retrans:1/1 lost:1\n';
const CONNECTED =
  'UNCONN 0      0      127.0.0.1:40068 127.0.0.1:8080 ino:0 sk:17870 rto:204 bytes_acked:2 segs_out:3 segs_in:2 lastsnd:4\n';

/** A row of /proc/net/tcp of a client; times: how often its SYN was sent again. */
const asking = (client: string, times: number, server = '0100007F:1F90', state = '02') =>
  `   1: ${client} ${server} ${state} 00000001:00000000 01:00000031 ${String(times).padStart(8, '0')}     0        0 227137 2\n`;

describe('evidence: clients of this machine that get no connection', () => {
  let net: string;
  beforeEach(() => {
    net = mkdtempSync(join(tmpdir(), 'resetlab-unmet-'));
  });
  afterEach(() => rmSync(net, { recursive: true }));

  /** What is counted of a server at these addresses, where these are the rows of its namespace, and these the ends of sockets. */
  function counted(
    rows: string,
    ends = '',
    served: (host: string) => boolean = (host) => host === '127.0.0.1',
  ) {
    mkdirSync(net, { recursive: true });
    writeFileSync(join(net, 'tcp'), `  sl  local_address\n${rows}`);
    const unmet = new Unmet(() => new Map());
    unmet.listen({ port: PORT, inside: false, serves: served });
    unmet.seek({ net, inside: false });
    unmet.look({ port: PORT, net }, 'near');
    unmet.tell(socketEndsIn(Buffer.from(ends)));
    return unmet.counts;
  }

  it('one whose SYN was sent again; not one that has just asked, or has a connection, or asks for another port', () => {
    const rows = [
      asking('0100007F:C001', 2),
      asking('0100007F:C002', 0),
      asking('0100007F:C003', 1, '0100007F:1F90', '01'),
      asking('0100007F:C004', 1, '0100007F:1F91'),
    ];
    assert.deepEqual(counted(rows.join('')), { unheard: 1, syns: 3, refused: 0, early: 0 });
  });

  it('not one that the server knows, half-open: its answer is lost', () => {
    const halfOpen = asking('0100007F:1F90', 1, '0100007F:C001', '03');
    assert.equal(counted(asking('0100007F:C001', 2) + halfOpen), undefined);
  });

  it('not one that asks another machine, or where the server does not listen', () => {
    assert.equal(
      counted(asking('0100007F:C001', 2, '0100000A:1F90'), '', () => true),
      undefined,
    );
    assert.equal(
      counted(asking('0100007F:C001', 2), REFUSED, () => false),
      undefined,
    );
  });

  it('by their ends: refused, given up, and neither', () => {
    assert.deepEqual(counted('', REFUSED + GAVE_UP + CONNECTED), {
      unheard: 1,
      syns: 2,
      refused: 1,
      early: 0,
    });
  });

  it('an end after one SYN, without an answer', () => {
    const early = GAVE_UP.replace('segs_out:2', 'segs_out:1');
    assert.deepEqual(counted('', early), { unheard: 0, syns: 0, refused: 0, early: 1 });
  });

  it('one that was seen and then ends is one', () => {
    const seen = counted(asking('0100007F:CFDA', 1), GAVE_UP);
    assert.deepEqual(seen, { unheard: 1, syns: 2, refused: 0, early: 0 });
  });
});

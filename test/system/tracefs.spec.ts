import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CpuRecords, takeInOrder } from '../../system/tracefs/cpu-records.ts';
import { parseFormat } from '../../system/tracefs/event-format.ts';
import { decoderOf } from '../../system/tracefs/events.ts';
import { eachRecord, hasGap } from '../../system/tracefs/records.ts';
import { garbageOf } from './garbage.ts';

const COMMON = `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`;

/** As Linux 6.18 has them; of its words for reasons the first. */
const FORMATS = {
  state: `name: inet_sock_set_state
ID: 2287
format:
${COMMON}
	field:const void * skaddr;	offset:8;	size:8;	signed:0;
	field:int oldstate;	offset:16;	size:4;	signed:1;
	field:int newstate;	offset:20;	size:4;	signed:1;
	field:__u16 sport;	offset:24;	size:2;	signed:0;
	field:__u16 dport;	offset:26;	size:2;	signed:0;
	field:__u16 family;	offset:28;	size:2;	signed:0;
	field:__u16 protocol;	offset:30;	size:2;	signed:0;
	field:__u8 saddr[4];	offset:32;	size:4;	signed:0;
	field:__u8 daddr[4];	offset:36;	size:4;	signed:0;
	field:__u8 saddr_v6[16];	offset:40;	size:16;	signed:0;
	field:__u8 daddr_v6[16];	offset:56;	size:16;	signed:0;
`,
  sent: `name: tcp_send_reset
ID: 2280
format:
${COMMON}
	field:const void * skbaddr;	offset:8;	size:8;	signed:0;
	field:const void * skaddr;	offset:16;	size:8;	signed:0;
	field:int state;	offset:24;	size:4;	signed:1;
	field:enum sk_rst_reason reason;	offset:28;	size:4;	signed:0;
	field:__u8 saddr[28];	offset:32;	size:28;	signed:0;
	field:__u8 daddr[28];	offset:60;	size:28;	signed:0;

print fmt: "reason=%s", __print_symbolic(REC->reason, { 0, "NOT_SPECIFIED" }, { 11, "TCP_ABORT_ON_CLOSE" })
`,
  accepted: `name: sys_exit_accept4
ID: 2233
format:
${COMMON}
	field:int __syscall_nr;	offset:8;	size:4;	signed:1;
	field:long ret;	offset:16;	size:8;	signed:1;
`,
};

/** A page of the ring buffer with these records, each so many ns after the one before. */
function pageOf(...records: { data: Buffer; after: number }[]): Buffer {
  const parts = records.flatMap(({ data, after }) => {
    if (after < 2 ** 27) return [header(data.length / 4, after), data];
    return [header(30, after % 2 ** 27), word(Math.floor(after / 2 ** 27)), header(data.length / 4, 0), data];
  });
  const data = Buffer.concat(parts);
  const head = Buffer.alloc(16);
  head.writeBigUInt64LE(5_000_000_000n, 0);
  // With the flag of events that were missed.
  head.writeUInt32LE(data.length + 2 ** 31, 8);
  return Buffer.concat([head, data, Buffer.alloc(64)]);
}

const viewOf = (page: Buffer) => new DataView(page.buffer, page.byteOffset, page.length);

const word = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const header = (kind: number, delta: number) => word(delta * 32 + kind);

function stateRecord(family: number, before: number, after: number): Buffer {
  const data = Buffer.alloc(72);
  data.writeUInt16LE(2287, 0);
  data[2] = family === 2 ? 0x10 : 0;
  data.writeInt32LE(4321, 4);
  data.writeBigUInt64LE(0xffff_8881_0000_1234n, 8);
  data.writeInt32LE(before, 16);
  data.writeInt32LE(after, 20);
  data.writeUInt16LE(8080, 24);
  data.writeUInt16LE(40_000, 26);
  data.writeUInt16LE(family, 28);
  data.set([127, 0, 0, 1, 10, 0, 0, 2], 32);
  data[55] = 1;
  data.set([0xfe, 0x80], 56);
  data[71] = 9;
  return data;
}

function decoded(text: string, ...records: { data: Buffer; after: number }[]) {
  const decode = decoderOf(parseFormat(text) as NonNullable<ReturnType<typeof parseFormat>>);
  const page = viewOf(pageOf(...records));
  const events: unknown[] = [];
  eachRecord(page, (at, length, ns) => events.push(decode?.(page, at, length, ns / 1e6, 1)));
  return events;
}

describe('system: records of a trace', () => {
  it('a change of state, of IPv4 and IPv6, each at its time', () => {
    const base = { cpu: 1, kind: 'state', sk: 0xf_8881 * 2 ** 32 + 0x1234 };
    assert.deepEqual(
      decoded(
        FORMATS.state,
        { data: stateRecord(2, 3, 1), after: 1000 },
        { data: stateRecord(10, 1, 8), after: 3_000_000_000 },
      ),
      [
        {
          ...base,
          at: 5000.001,
          local: { host: '127.0.0.1', port: 8080 },
          remote: { host: '10.0.0.2', port: 40_000 },
          before: 'SYN_RECV',
          after: 'ESTABLISHED',
          task: { thread: 4321, inside: false },
        },
        {
          ...base,
          at: 8000.001,
          local: { host: '::1', port: 8080 },
          remote: { host: 'fe80::9', port: 40_000 },
          before: 'ESTABLISHED',
          after: 'CLOSE_WAIT',
          task: { thread: 4321, inside: true },
        },
      ],
    );
  });

  it('an RST with its reason by this kernel, without one where it has no such field or word', () => {
    const data = Buffer.alloc(88);
    data.writeUInt16LE(2280, 0);
    data.writeInt32LE(7, 24);
    data.writeInt32LE(11, 28);
    for (const [at, port] of [
      [32, 8080],
      [60, 40_000],
    ] as const) {
      data.writeUInt16LE(2, at);
      data.writeUInt16BE(port, at + 2);
      data.set([127, 0, 0, 1], at + 4);
    }
    const reasonOf = (text: string) => {
      const [event] = decoded(text, { data, after: 0 }) as [{ state: string; reason?: string; from: object }];
      assert.deepEqual([event.state, event.from], ['TCP_CLOSE', { host: '127.0.0.1', port: 8080 }]);
      return event.reason;
    };
    assert.equal(reasonOf(FORMATS.sent), 'TCP_ABORT_ON_CLOSE');
    assert.equal(reasonOf(FORMATS.sent.replace('{ 11,', '{ SK_RST_REASON_TCP_ABORT_ON_CLOSE,')), undefined);
    assert.equal(reasonOf(FORMATS.sent.replace(/.*sk_rst_reason.*\n/, '')), undefined);
  });

  it('what accept(2) comes back with, errors below 0', () => {
    const data = Buffer.alloc(24);
    data.writeBigInt64LE(-24n, 16);
    const [event] = decoded(FORMATS.accepted, { data, after: 0 }) as [{ result: number }];
    assert.equal(event.result, -24);
  });

  it('an event that lacks a field is none, one that is not known as well', () => {
    for (const text of [
      FORMATS.state.replace('newstate', 'nextstate'),
      FORMATS.accepted.replace('sys_exit_accept4', 'sys_exit_read'),
    ]) {
      const format = parseFormat(text);
      assert.equal(format && decoderOf(format), undefined);
    }
  });

  it('a page tells that events before it were written over', () => {
    const page = pageOf({ data: stateRecord(2, 3, 1), after: 1 });
    assert.equal(hasGap(viewOf(page)), true);
    page.writeUInt32LE(page.readUInt32LE(8) - 2 ** 31, 8);
    assert.equal(hasGap(viewOf(page)), false);
    assert.equal(hasGap(viewOf(page.subarray(0, 8))), false);
  });

  it('of two CPUs they come in the order of their times, each once, and none that is later than is asked for', () => {
    const cpus = [new CpuRecords(), new CpuRecords()];
    const record = (event: number, after: number) => ({ data: Buffer.concat([word(event), word(0)]), after });
    const taken = (until: number) => {
      const all: number[][] = [];
      takeInOrder(cpus, until, (page, at, length, ns, of) =>
        all.push([of, page.getUint32(at, true), length, ns - 5e9]),
      );
      return all;
    };
    assert.deepEqual(taken(Number.POSITIVE_INFINITY), []);
    assert.equal(cpus[0]?.add(pageOf(record(1, 10), record(2, 10), record(3, 30))), true);
    cpus[1]?.add(pageOf(record(4, 5), record(5, 15)));
    // Pages of one CPU that are read at once.
    cpus[1]?.add(pageOf(record(6, 45), record(7, 10)));
    assert.deepEqual(taken(5e9 + 45), [
      [1, 4, 8, 5],
      [0, 1, 8, 10],
      [0, 2, 8, 20],
      [1, 5, 8, 20],
      [1, 6, 8, 45],
    ]);
    for (const cpu of cpus) cpu.tidy();
    cpus[0]?.add(pageOf(record(8, 60)));
    assert.deepEqual(taken(5e9 + 55), [
      [0, 3, 8, 50],
      [1, 7, 8, 55],
    ]);
    for (const cpu of cpus) cpu.tidy();
    assert.deepEqual(taken(Number.POSITIVE_INFINITY), [[0, 8, 8, 60]]);
  });

  it('garbage never throws', () => {
    fc.assert(fc.property(garbageOf(...Object.values(FORMATS)), (text) => void parseFormat(text)));
    const decode = decoderOf(parseFormat(FORMATS.state) as NonNullable<ReturnType<typeof parseFormat>>);
    const whole = pageOf(
      { data: stateRecord(2, 3, 1), after: 5 },
      { data: stateRecord(2, 1, 7), after: 2 ** 28 },
    );
    const damaged = fc
      .tuple(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255))
      .map(([length, at, byte]) => {
        const page = Buffer.from(whole);
        page[at] = byte;
        return page.subarray(0, length);
      });
    fc.assert(
      fc.property(
        fc.oneof(
          damaged,
          fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
        ),
        (bytes) => {
          const page = viewOf(bytes);
          eachRecord(page, (at, length, ns) => void decode?.(page, at, length, ns, 0));
        },
      ),
    );
  });
});

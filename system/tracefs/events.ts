import type { Format } from './event-format.ts';

/** An end of a connection; port 0 where the kernel had no connection to take it from. */
export interface End {
  host: string;
  port: number;
}

/** One event of a trace. `at` is ms on the trace's own clock, `skb` the packet, by its address. */
export type TraceEvent = { at: number; cpu: number } & (
  | { kind: 'send'; skb: number; from: End; to: End; state?: string; reason?: string }
  | { kind: 'receive'; local: End; remote: End }
  | { kind: 'drop'; skb: number; reason: string }
  | SocketEvent
  | AcceptEvent
);

/** A socket's state has changed, or the socket has come to its end; states without `TCP_`. */
export type SocketEvent = { at: number; cpu: number; sk: number; local: End; remote: End; task: Task } & (
  | { kind: 'state'; before: string; after: string }
  | { kind: 'destroy'; cookie?: string }
);

/** A thread calls accept(2) with a descriptor, or comes back from it with a new one or an error's number below 0. */
export type AcceptEvent = { at: number; cpu: number; task: Task } & (
  | { kind: 'accept'; fd: number }
  | { kind: 'accepted'; result: number }
);

/** Who was running, as the first pid namespace numbers it; not `inside`: an interrupt, whose work is nobody's. */
export interface Task {
  thread: number;
  inside: boolean;
}

/** Of a record the event, or undefined where it is one of a kind that nobody asked for. */
export type Decoder = (
  page: Buffer,
  at: number,
  length: number,
  ms: number,
  cpu: number,
) => TraceEvent | undefined;

/** include/net/tcp_states.h, from 1 on. */
const STATES =
  'ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV'.split(
    ' ',
  );
const AF_INET6 = 10;
/** TRACE_FLAG_HARDIRQ, _SOFTIRQ, _NMI (include/linux/trace_events.h). */
const INTERRUPT = 0x08 | 0x10 | 0x40;
/** Addresses that were met before. */
const MOST_WORDS = 10_000;

/**
 * How to read the records of an event, by its format (include/trace/events/tcp.h, sock.h, skb.h). Undefined: it is another event, or one
 * of its fields is missing in this kernel. `reason` may be: kernels before 6.10 have none on a reset.
 */
export function decoderOf(format: Format): Decoder | undefined {
  const { fields, name } = format;
  const needed = NEEDED[name];
  if (needed === undefined || !['common_pid', 'common_flags', ...needed].every((field) => fields.has(field)))
    return undefined;
  const offset = (field: string) => fields.get(field)?.offset ?? -1;
  const least = Math.max(...[...fields.values()].map((field) => field.offset + field.size));
  const read = MAKERS[name]?.(format, offset);
  if (read === undefined) return undefined;
  return (page, at, length, ms, cpu) => (length < least ? undefined : read(page, at, { at: ms, cpu }));
}

const SIDES = ['sport', 'dport', 'saddr', 'daddr'];
const NEEDED: Readonly<Record<string, string[]>> = {
  inet_sock_set_state: ['skaddr', 'oldstate', 'newstate', ...SIDES],
  tcp_destroy_sock: ['skaddr', ...SIDES],
  tcp_receive_reset: SIDES,
  tcp_send_reset: ['skbaddr', 'saddr', 'daddr'],
  kfree_skb: ['skbaddr', 'reason'],
  sys_enter_accept: ['fd'],
  sys_enter_accept4: ['fd'],
  sys_exit_accept: ['ret'],
  sys_exit_accept4: ['ret'],
};

type Base = { at: number; cpu: number };
type Maker = (
  format: Format,
  offset: (field: string) => number,
) => (page: Buffer, at: number, base: Base) => TraceEvent | undefined;

const stateMaker: Maker = (format, offset) => {
  const [before, after, sk, ends, task] = [
    offset('oldstate'),
    offset('newstate'),
    offset('skaddr'),
    endsIn(format),
    taskIn(offset),
  ];
  return (page, at, base) => {
    const [was, is] = [STATES[page.readInt32LE(at + before) - 1], STATES[page.readInt32LE(at + after) - 1]];
    if (was === undefined || is === undefined) return undefined;
    return {
      ...base,
      kind: 'state',
      sk: pointer(page, at + sk),
      ...ends(page, at),
      before: was,
      after: is,
      task: task(page, at),
    };
  };
};

const destroyMaker: Maker = (format, offset) => {
  const [sk, cookie, ends, task] = [offset('skaddr'), offset('sock_cookie'), endsIn(format), taskIn(offset)];
  return (page, at, base) => ({
    ...base,
    kind: 'destroy',
    sk: pointer(page, at + sk),
    ...ends(page, at),
    task: task(page, at),
    ...(cookie < 0 ? {} : { cookie: page.readBigUInt64LE(at + cookie).toString(16) }),
  });
};

const receiveMaker: Maker = (format) => {
  const ends = endsIn(format);
  return (page, at, base) => ({ ...base, kind: 'receive', ...ends(page, at) });
};

const sendMaker: Maker = (format, offset) => {
  const [skb, state, reason] = [offset('skbaddr'), offset('state'), offset('reason')];
  const ends = endsIn(format);
  return (page, at, base) => {
    const { local, remote } = ends(page, at);
    const number = state < 0 ? undefined : page.readInt32LE(at + state);
    const why = reason < 0 ? undefined : format.reasons.get(page.readInt32LE(at + reason));
    return {
      ...base,
      kind: 'send',
      skb: pointer(page, at + skb),
      from: local,
      to: remote,
      ...(number === undefined ? {} : { state: number === 0 ? 'UNKNOWN' : `TCP_${STATES[number - 1]}` }),
      ...(why === undefined ? {} : { reason: why }),
    };
  };
};

const dropMaker: Maker = (format, offset) => {
  const [skb, reason] = [offset('skbaddr'), offset('reason')];
  return (page, at, base) => {
    const why = format.reasons.get(page.readInt32LE(at + reason));
    return why === undefined
      ? undefined
      : { ...base, kind: 'drop', skb: pointer(page, at + skb), reason: why };
  };
};

const callMaker: Maker = (_, offset) => {
  const [fd, task] = [offset('fd'), taskIn(offset)];
  return (page, at, base) => ({
    ...base,
    kind: 'accept',
    fd: page.readInt32LE(at + fd),
    task: task(page, at),
  });
};

const resultMaker: Maker = (_, offset) => {
  const [ret, task] = [offset('ret'), taskIn(offset)];
  // A long, whose upper half tells nothing of such numbers.
  return (page, at, base) => ({
    ...base,
    kind: 'accepted',
    result: page.readInt32LE(at + ret),
    task: task(page, at),
  });
};

const MAKERS: Readonly<Record<string, Maker>> = {
  inet_sock_set_state: stateMaker,
  tcp_destroy_sock: destroyMaker,
  tcp_receive_reset: receiveMaker,
  tcp_send_reset: sendMaker,
  kfree_skb: dropMaker,
  sys_enter_accept: callMaker,
  sys_enter_accept4: callMaker,
  sys_exit_accept: resultMaker,
  sys_exit_accept4: resultMaker,
};

function taskIn(offset: (field: string) => number): (page: Buffer, at: number) => Task {
  const [pid, flags] = [offset('common_pid'), offset('common_flags')];
  return (page, at) => ({
    thread: page.readInt32LE(at + pid),
    inside: ((page[at + flags] as number) & INTERRUPT) === 0,
  });
}

/** A sockaddr_in6 a side, or address and port of each in fields of their own, as older kernels have a reset's. */
function endsIn({ fields }: Format): (page: Buffer, at: number) => { local: End; remote: End } {
  const [saddr, daddr] = [fields.get('saddr'), fields.get('daddr')].map(
    (field) => field ?? { offset: 0, size: 0 },
  );
  if ((saddr?.size ?? 0) > 4) {
    const [from, to] = [saddr?.offset ?? 0, daddr?.offset ?? 0];
    return (page, at) => ({ local: sockaddr(page, at + from), remote: sockaddr(page, at + to) });
  }
  const at4 = { s: saddr?.offset ?? 0, d: daddr?.offset ?? 0 };
  const at6 = { s: fields.get('saddr_v6')?.offset, d: fields.get('daddr_v6')?.offset };
  const ports = { s: fields.get('sport')?.offset ?? 0, d: fields.get('dport')?.offset ?? 0 };
  const family = fields.get('family')?.offset;
  const side = (page: Buffer, at: number, letter: 's' | 'd'): End => {
    const long = at6[letter];
    const isLong =
      long !== undefined && (family === undefined || page.readUInt16LE(at + family) === AF_INET6);
    return {
      host: isLong ? sixAt(page, at + long) : fourAt(page, at + at4[letter]),
      port: page.readUInt16LE(at + ports[letter]),
    };
  };
  return (page, at) => ({ local: side(page, at, 's'), remote: side(page, at, 'd') });
}

function sockaddr(page: Buffer, at: number): End {
  const isLong = page.readUInt16LE(at) === AF_INET6;
  return { host: isLong ? sixAt(page, at + 8) : fourAt(page, at + 4), port: page.readUInt16BE(at + 2) };
}

const fours = new Map<number, string>();
function fourAt(page: Buffer, at: number): string {
  const bytes = page.readUInt32BE(at);
  let word = fours.get(bytes);
  if (word === undefined) {
    word = [24, 16, 8, 0].map((shift) => (bytes >>> shift) & 255).join('.');
    if (fours.size >= MOST_WORDS) fours.clear();
    fours.set(bytes, word);
  }
  return word;
}

/** A mapped IPv4 address as IPv4. */
function sixAt(page: Buffer, at: number): string {
  if (page.readUInt32BE(at) === 0 && page.readUInt32BE(at + 4) === 0 && page.readUInt32BE(at + 8) === 0xffff)
    return fourAt(page, at + 12);
  const groups = Array.from({ length: 8 }, (_, index) => page.readUInt16BE(at + 2 * index).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** Of an address in the kernel the upper 12 bits are always set. */
function pointer(page: Buffer, at: number): number {
  return (page.readUInt32LE(at + 4) & 0xf_ffff) * 2 ** 32 + page.readUInt32LE(at);
}

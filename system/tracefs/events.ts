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
  | ProcessEvent
);

/** A socket's state has changed, states without `TCP_`; or the socket has come to its end, and has no ends any more where it was wiped. */
export type SocketEvent = { at: number; cpu: number; sk: number } & (
  | { kind: 'state'; local: End; remote: End; task: Task; before: string; after: string }
  | { kind: 'destroy'; cookie?: string }
);

/**
 * A thread calls accept(2) with a descriptor, or comes back from it
 * with a new one or an error's number below 0; or from connect(2); or from a call that found no descriptor for what it was to open.
 */
export type AcceptEvent = { at: number; cpu: number; task: Task } & (
  | { kind: 'accept'; fd: number }
  | { kind: 'accepted'; result: number }
  | { kind: 'connected'; result: number }
  | { kind: 'no descriptor' }
);

/**
 * A signal for a thread, `ownDoing` where no process sent it (a fault, a terminal); a process that calls exit_group(2); one that the kernel
 * kills for want of memory; a clone(2) or fork(2) that came back with an error.
 */
export type ProcessEvent = { at: number; cpu: number } & (
  | { kind: 'signal'; task: Task; thread: number; signal: number; ownDoing: boolean }
  | { kind: 'exit'; task: Task; code: number }
  | { kind: 'victim'; thread: number }
  | { kind: 'unforked'; task: Task }
);

/** Calls by which a server gets a descriptor for what a connection needs besides: a file, a socket, a pipe. Not each machine has each. */
export const OPENING_CALLS = [
  ...['open', 'openat', 'openat2', 'socket', 'socketpair', 'pipe', 'pipe2', 'dup', 'fcntl'],
  ...['epoll_create1', 'eventfd2', 'timerfd_create'],
] as const;

/** Who was running, as the first pid namespace numbers it; not `inside`: an interrupt, whose work is nobody's. */
export interface Task {
  thread: number;
  inside: boolean;
}

/**
 * Of a record the event, or undefined where it is one of a kind that nobody asked for. By a DataView: Buffer's own ways to read allocate
 * an array for each number (Node lib/internal/errors.js hideStackFrames).
 */
export type Decoder = (
  page: DataView,
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
  return (page, at, length, ms, cpu) => (length < least ? undefined : read(page, at, ms, cpu));
}

const SIDES = ['sport', 'dport', 'saddr', 'daddr'];
const NEEDED: Readonly<Record<string, string[]>> = {
  inet_sock_set_state: ['skaddr', 'oldstate', 'newstate', ...SIDES],
  tcp_destroy_sock: ['skaddr'],
  tcp_receive_reset: SIDES,
  tcp_send_reset: ['skbaddr', 'saddr', 'daddr'],
  kfree_skb: ['skbaddr', 'reason'],
  sys_enter_accept: ['fd'],
  sys_enter_accept4: ['fd'],
  sys_exit_accept: ['ret'],
  sys_exit_accept4: ['ret'],
  sys_exit_connect: ['ret'],
  signal_generate: ['sig', 'code', 'pid', 'result'],
  sys_enter_exit_group: ['error_code'],
  mark_victim: ['pid'],
  sys_exit_clone: ['ret'],
  sys_exit_clone3: ['ret'],
  sys_exit_fork: ['ret'],
  sys_exit_vfork: ['ret'],
  ...Object.fromEntries(OPENING_CALLS.map((call) => [`sys_exit_${call}`, ['ret']])),
};

type Maker = (
  format: Format,
  offset: (field: string) => number,
) => (page: DataView, at: number, ms: number, cpu: number) => TraceEvent | undefined;

// Thousands a second: each is one literal, and what is the same in many is one object.

const stateMaker: Maker = (format, offset) => {
  const [before, after, sk] = [offset('oldstate'), offset('newstate'), offset('skaddr')];
  const [{ local, remote }, task] = [endsIn(format), taskIn(offset)];
  return (page, at, ms, cpu) => {
    const was = STATES[page.getInt32(at + before, true) - 1];
    const is = STATES[page.getInt32(at + after, true) - 1];
    if (was === undefined || is === undefined) return undefined;
    return {
      at: ms,
      cpu,
      kind: 'state',
      sk: pointer(page, at + sk),
      local: local(page, at),
      remote: remote(page, at),
      before: was,
      after: is,
      task: task(page, at),
    };
  };
};

const destroyMaker: Maker = (_, offset) => {
  const [sk, number] = [offset('skaddr'), offset('sock_cookie')];
  return (page, at, ms, cpu) =>
    number < 0
      ? { at: ms, cpu, kind: 'destroy', sk: pointer(page, at + sk) }
      : { at: ms, cpu, kind: 'destroy', sk: pointer(page, at + sk), cookie: cookie(page, at + number) };
};

const receiveMaker: Maker = (format) => {
  const { local, remote } = endsIn(format);
  return (page, at, ms, cpu) => ({
    at: ms,
    cpu,
    kind: 'receive',
    local: local(page, at),
    remote: remote(page, at),
  });
};

const sendMaker: Maker = (format, offset) => {
  const [skb, state, reason] = [offset('skbaddr'), offset('state'), offset('reason')];
  const { local, remote } = endsIn(format);
  return (page, at, ms, cpu) => {
    const number = state < 0 ? undefined : page.getInt32(at + state, true);
    const why = reason < 0 ? undefined : format.reasons.get(page.getInt32(at + reason, true));
    return {
      at: ms,
      cpu,
      kind: 'send',
      skb: pointer(page, at + skb),
      from: local(page, at),
      to: remote(page, at),
      ...(number === undefined ? {} : { state: number === 0 ? 'UNKNOWN' : `TCP_${STATES[number - 1]}` }),
      ...(why === undefined ? {} : { reason: why }),
    };
  };
};

const dropMaker: Maker = (format, offset) => {
  const [skb, reason] = [offset('skbaddr'), offset('reason')];
  return (page, at, ms, cpu) => {
    const why = format.reasons.get(page.getInt32(at + reason, true));
    return why === undefined
      ? undefined
      : { at: ms, cpu, kind: 'drop', skb: pointer(page, at + skb), reason: why };
  };
};

const callMaker: Maker = (_, offset) => {
  const [fd, task] = [offset('fd'), taskIn(offset)];
  return (page, at, ms, cpu) => ({
    at: ms,
    cpu,
    kind: 'accept',
    fd: page.getInt32(at + fd, true),
    task: task(page, at),
  });
};

const resultMaker =
  (kind: 'accepted' | 'connected'): Maker =>
  (_, offset) => {
    const [ret, task] = [offset('ret'), taskIn(offset)];
    // A long, whose upper half tells nothing of such numbers.
    return (page, at, ms, cpu) => ({
      at: ms,
      cpu,
      kind,
      result: page.getInt32(at + ret, true),
      task: task(page, at),
    });
  };

/** What was done with a signal: handed over, or one more of a kind that was (include/trace/events/signal.h). */
const [DELIVERED, ALREADY_PENDING] = [0, 2];

const signalMaker: Maker = (_, offset) => {
  const [sig, code, pid, result] = [offset('sig'), offset('code'), offset('pid'), offset('result')];
  const task = taskIn(offset);
  return (page, at, ms, cpu) => {
    const outcome = page.getInt32(at + result, true);
    if (outcome !== DELIVERED && outcome !== ALREADY_PENDING) return undefined;
    return {
      at: ms,
      cpu,
      kind: 'signal',
      task: task(page, at),
      thread: page.getInt32(at + pid, true),
      signal: page.getInt32(at + sig, true),
      // SI_FROMUSER (include/linux/signal.h): the kernel's own are above 0.
      ownDoing: page.getInt32(at + code, true) > 0,
    };
  };
};

const exitMaker: Maker = (_, offset) => {
  const [code, task] = [offset('error_code'), taskIn(offset)];
  return (page, at, ms, cpu) => ({
    at: ms,
    cpu,
    kind: 'exit',
    task: task(page, at),
    // Of what it says the parent is told the lowest byte (kernel/exit.c sys_exit_group).
    code: page.getInt32(at + code, true) & 0xff,
  });
};

const victimMaker: Maker = (_, offset) => {
  const pid = offset('pid');
  return (page, at, ms, cpu) => ({ at: ms, cpu, kind: 'victim', thread: page.getInt32(at + pid, true) });
};

const unforkedMaker: Maker = (_, offset) => {
  const task = taskIn(offset);
  return (page, at, ms, cpu) => ({ at: ms, cpu, kind: 'unforked', task: task(page, at) });
};

const noDescriptorMaker: Maker = (_, offset) => {
  const task = taskIn(offset);
  return (page, at, ms, cpu) => ({ at: ms, cpu, kind: 'no descriptor', task: task(page, at) });
};

const MAKERS: Readonly<Record<string, Maker>> = {
  inet_sock_set_state: stateMaker,
  tcp_destroy_sock: destroyMaker,
  tcp_receive_reset: receiveMaker,
  tcp_send_reset: sendMaker,
  kfree_skb: dropMaker,
  sys_enter_accept: callMaker,
  sys_enter_accept4: callMaker,
  sys_exit_accept: resultMaker('accepted'),
  sys_exit_accept4: resultMaker('accepted'),
  sys_exit_connect: resultMaker('connected'),
  signal_generate: signalMaker,
  sys_enter_exit_group: exitMaker,
  mark_victim: victimMaker,
  sys_exit_clone: unforkedMaker,
  sys_exit_clone3: unforkedMaker,
  sys_exit_fork: unforkedMaker,
  sys_exit_vfork: unforkedMaker,
  ...Object.fromEntries(OPENING_CALLS.map((call) => [`sys_exit_${call}`, noDescriptorMaker])),
};

/** Those that were met before, of each kind: by the thread's number. */
const tasks = { inside: new Map<number, Task>(), outside: new Map<number, Task>() };

function taskIn(offset: (field: string) => number): (page: DataView, at: number) => Task {
  const [pid, flags] = [offset('common_pid'), offset('common_flags')];
  return (page, at) => {
    const thread = page.getInt32(at + pid, true);
    const inside = (page.getUint8(at + flags) & INTERRUPT) === 0;
    const known = inside ? tasks.inside : tasks.outside;
    let task = known.get(thread);
    if (task === undefined) {
      task = { thread, inside };
      if (known.size >= MOST_WORDS) known.clear();
      known.set(thread, task);
    }
    return task;
  };
}

type ReadEnd = (page: DataView, at: number) => End;

/** A sockaddr_in6 a side, or address and port of each in fields of their own, as older kernels have a reset's. */
function endsIn({ fields }: Format): { local: ReadEnd; remote: ReadEnd } {
  const [saddr, daddr] = [fields.get('saddr'), fields.get('daddr')].map(
    (field) => field ?? { offset: 0, size: 0 },
  );
  if ((saddr?.size ?? 0) > 4) {
    const [from, to] = [saddr?.offset ?? 0, daddr?.offset ?? 0];
    return { local: (page, at) => sockaddr(page, at + from), remote: (page, at) => sockaddr(page, at + to) };
  }
  const family = fields.get('family')?.offset;
  const side = (address: number, long: number | undefined, port: number): ReadEnd => {
    // Of many the server's is the same.
    let last: End | undefined;
    return (page, at) => {
      const isLong =
        long !== undefined && (family === undefined || page.getUint16(at + family, true) === AF_INET6);
      const host = isLong ? sixAt(page, at + long) : fourAt(page, at + address);
      const number = page.getUint16(at + port, true);
      if (last?.port !== number || last.host !== host) last = { host, port: number };
      return last;
    };
  };
  return {
    local: side(saddr?.offset ?? 0, fields.get('saddr_v6')?.offset, fields.get('sport')?.offset ?? 0),
    remote: side(daddr?.offset ?? 0, fields.get('daddr_v6')?.offset, fields.get('dport')?.offset ?? 0),
  };
}

function sockaddr(page: DataView, at: number): End {
  const isLong = page.getUint16(at, true) === AF_INET6;
  return { host: isLong ? sixAt(page, at + 8) : fourAt(page, at + 4), port: page.getUint16(at + 2) };
}

const fours = new Map<number, string>();
function fourAt(page: DataView, at: number): string {
  const bytes = page.getUint32(at);
  let word = fours.get(bytes);
  if (word === undefined) {
    word = [24, 16, 8, 0].map((shift) => (bytes >>> shift) & 255).join('.');
    if (fours.size >= MOST_WORDS) fours.clear();
    fours.set(bytes, word);
  }
  return word;
}

const sixes = new Map<string, string>();
/** A mapped IPv4 address as IPv4. */
function sixAt(page: DataView, at: number): string {
  if (page.getUint32(at) === 0 && page.getUint32(at + 4) === 0 && page.getUint32(at + 8) === 0xffff)
    return fourAt(page, at + 12);
  const bytes = [0, 4, 8, 12].map((offset) => page.getUint32(at + offset)).join();
  let word = sixes.get(bytes);
  if (word === undefined) {
    word = sixWord(page, at);
    if (sixes.size >= MOST_WORDS) sixes.clear();
    sixes.set(bytes, word);
  }
  return word;
}

function sixWord(page: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => page.getUint16(at + 2 * index).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** Of an address in the kernel the upper 12 bits are always set. */
function pointer(page: DataView, at: number): number {
  return (page.getUint32(at + 4, true) & 0xf_ffff) * 2 ** 32 + page.getUint32(at, true);
}

/** A number of 64 bits, hexadecimal. */
function cookie(page: DataView, at: number): string {
  const low = page.getUint32(at, true);
  const high = page.getUint32(at + 4, true);
  return high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, '0');
}

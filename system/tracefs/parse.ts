import { defined } from '../../common/defined.ts';

/** An end of a connection; port 0 where the kernel had no connection to take it from. */
export interface End {
  host: string;
  port: number;
}

/** One line of a trace. `at` is ms on the trace's own clock, `skb` the packet as the kernel hashes its address. */
export type TraceEvent = { at: number; cpu: number } & (
  | { kind: 'send'; skb: string; from: End; to: End; state?: string; reason?: string }
  | { kind: 'receive'; local: End; remote: End }
  | { kind: 'drop'; skb: string; reason: string }
  | SocketEvent
  | AcceptEvent
);

/** A socket's state has changed, or the socket has come to its end; states without `TCP_`. The kernel prints no address of the socket. */
export type SocketEvent = { at: number; cpu: number; local: End; remote: End; task: Task } & (
  | { kind: 'state'; before: string; after: string }
  | { kind: 'destroy'; cookie?: string }
);

/** A thread calls accept(2) with a descriptor, or comes back from it with a new one or an error's number below 0. */
export type AcceptEvent = { at: number; cpu: number; task: Task } & (
  | { kind: 'accept'; fd: number }
  | { kind: 'accepted'; result: number }
);

/** Who was running, as the first pid namespace numbers it. Whoever it was: an interrupt's work is nobody's (`inside` is false). */
export interface Task {
  name: string;
  thread: number;
  /** Its process; absent where the trace has not kept it. */
  pid?: number;
  inside: boolean;
}

/** Task, process, CPU, flags, time, event, fields (kernel/trace/trace_output.c trace_print_context). */
const LINE =
  /^\s*(.{1,32}?)-(\d{1,8})\s+(?:\(\s*(\d+|-+)\)\s+)?\[(\d{1,6})\]\s+([^\s:]+)\s+(\d{1,12}\.\d{1,9}): (\w{1,64})(?:: | -> |\()(.*)$/;

/** What is no event: comments, empty lines, and the note that a CPU's buffer lost some, which its `stats` count. */
const NOTE = /^\s*$|^#|^CPU:\d+ \[LOST /;

/**
 * An event from a line of `trace` or `trace_pipe`; null for a line that holds none; undefined for a line that is not
 * understood. Kernels before 6.10 print a reset without `reason` (include/trace/events/tcp.h tcp_send_reset), still older
 * ones with `saddr`, `sport` and so on in place of `src` and `dest`. Never throws.
 */
export function parseTraceLine(line: string): TraceEvent | null | undefined {
  if (NOTE.test(line)) return null;
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, , , , cpu, , seconds, name, text = ''] = match;
  const base = { at: Number(seconds) * 1000, cpu: Number(cpu) };
  switch (name) {
    case 'inet_sock_set_state':
    case 'tcp_destroy_sock':
      return ofSocket(base, text, match);
    case 'sys_accept4':
    case 'sys_accept':
      return ofAccept(base, text, match);
    case 'tcp_send_reset':
      return sent(base, fieldsOf(text));
    case 'tcp_receive_reset': {
      const [local, remote] = [side(text, 's'), side(text, 'd')];
      return local && remote && { ...base, kind: 'receive', local, remote };
    }
    case 'kfree_skb': {
      const [skb, reason] = [field(text, 'skbaddr='), field(text, 'reason: ')];
      return skb && reason ? { ...base, kind: 'drop', skb, reason } : undefined;
    }
    default:
      return undefined;
  }
}

type Base = { at: number; cpu: number };

function ofSocket(base: Base, text: string, match: RegExpExecArray): TraceEvent | undefined {
  const [local, remote] = [side(text, 's'), side(text, 'd')];
  if (!local || !remote) return undefined;
  const task = taskOf(match);
  if (match[7] === 'tcp_destroy_sock')
    return {
      ...base,
      kind: 'destroy',
      local,
      remote,
      task,
      ...defined({ cookie: field(text, 'sock_cookie=') }),
    };
  const [before, after] = [field(text, 'oldstate=TCP_'), field(text, 'newstate=TCP_')];
  if (!before || !after) return undefined;
  return { ...base, kind: 'state', local, remote, before, after, task };
}

/** The way in is printed as a call, the way out with its result (kernel/trace/trace_syscalls.c print_syscall_enter, _exit). */
function ofAccept(base: Base, text: string, match: RegExpExecArray): TraceEvent | undefined {
  const task = taskOf(match);
  const fd = /^fd: ([0-9a-f]+)/.exec(text)?.[1];
  if (fd !== undefined) return { ...base, kind: 'accept', fd: Number.parseInt(fd, 16), task };
  if (!/^0x[0-9a-f]{1,16}$/.test(text)) return undefined;
  return { ...base, kind: 'accepted', result: Number(BigInt.asIntN(64, BigInt(text))), task };
}

function taskOf([, name = '', thread, pid, , flags = '']: RegExpExecArray): Task {
  const known = pid === undefined || pid.startsWith('-') ? undefined : Number(pid);
  // Of the flags the third tells of interrupts (kernel/trace/trace_output.c trace_print_lat_fmt).
  return { name, thread: Number(thread), ...defined({ pid: known }), inside: flags[2] === '.' };
}

/** What stands behind a name, up to a blank. By index: there are thousands a second of these. */
function field(text: string, name: string): string | undefined {
  const at = text.startsWith(name) ? 0 : text.indexOf(` ${name}`) + 1;
  if (at === 0 && !text.startsWith(name)) return undefined;
  const from = at + name.length;
  const to = text.indexOf(' ', from);
  return to < 0 ? text.slice(from) : text.slice(from, to);
}

function side(text: string, letter: 's' | 'd'): End | undefined {
  const six = text.includes('family=AF_INET6');
  return end(field(text, `${letter}addr${six ? 'v6' : ''}=`), field(text, `${letter}port=`));
}

function sent(base: { at: number; cpu: number }, fields: Map<string, string>): TraceEvent | undefined {
  const from = endOf(fields.get('src')) ?? bySides(fields, 's');
  const to = endOf(fields.get('dest')) ?? bySides(fields, 'd');
  const skb = fields.get('skbaddr');
  if (!from || !to || !skb) return undefined;
  const [state, reason] = [fields.get('state'), fields.get('reason')];
  return { ...base, kind: 'send', skb, from, to, ...defined({ state, reason }) };
}

/** `name=value` pairs, and `reason: WORD` as kfree_skb prints it. */
function fieldsOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/(\w+)(?:=|: )(\S+)/g)].map(([, name, value]) => [name as string, value as string]),
  );
}

/** `127.0.0.1:80` or `[::1]:80`; a mapped IPv4 address as IPv4. */
function endOf(text: string | undefined): End | undefined {
  const match = /^(?:\[([0-9a-f:.%\w]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(text ?? '');
  return match ? end(match[1] ?? match[2], match[3]) : undefined;
}

function bySides(fields: Map<string, string>, side: 's' | 'd'): End | undefined {
  const host = fields.get('family') === 'AF_INET6' ? fields.get(`${side}addrv6`) : fields.get(`${side}addr`);
  return end(host, fields.get(`${side}port`));
}

function end(host: string | undefined, port: string | undefined): End | undefined {
  const number = Number(port);
  if (!host || port === undefined || !(number >= 0 && number <= 65_535)) return undefined;
  return { host: host.replace(/^::ffff:(?=\d+\.)/i, ''), port: number };
}

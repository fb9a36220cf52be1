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
);

/** Task, CPU, flags, time, event, fields (kernel/trace/trace_output.c trace_print_context). */
const LINE = /^.{1,40}?\s\[(\d{1,6})\]\s+[^\s:]+\s+(\d{1,12}\.\d{1,9}): (\w{1,64}): (.*)$/;

/** What is no event: comments, empty lines, and the note that a CPU's buffer lost some, which its `stats` count. */
const NOTE = /^\s*$|^#|^CPU:\d+ \[LOST /;

/**
 * An event from a line of `trace` or `trace_pipe`; null for a line that holds none; undefined for a line that is not
 * understood. Kernels before 6.10 print a reset without `reason` (include/trace/events/tcp.h tcp_send_reset), still older
 * ones with `saddr`, `sport` and so on in place of `src` and `dest`. Never throws.
 */
export function parseTraceLine(line: string): TraceEvent | null | undefined {
  if (NOTE.test(line)) return null;
  const [, cpu, seconds, name, text = ''] = LINE.exec(line) ?? [];
  if (name === undefined) return undefined;
  const fields = fieldsOf(text);
  const base = { at: Number(seconds) * 1000, cpu: Number(cpu) };
  switch (name) {
    case 'tcp_send_reset':
      return sent(base, fields);
    case 'tcp_receive_reset': {
      const [local, remote] = [bySides(fields, 's'), bySides(fields, 'd')];
      return local && remote && { ...base, kind: 'receive', local, remote };
    }
    case 'kfree_skb': {
      const [skb, reason] = [fields.get('skbaddr'), fields.get('reason')];
      return skb && reason ? { ...base, kind: 'drop', skb, reason } : undefined;
    }
    default:
      return undefined;
  }
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

import type { End, TraceEvent } from '../../../system/tracefs/events.ts';

/** An event from a line of the kernel's text, as people know it from `trace_pipe`. The product reads records. */
export function capturedEvent(line: string): TraceEvent {
  const [, cpu, seconds, name, text = ''] =
    /\[(\d+)\]\s+\S+\s+(\d+\.\d+): (\w+): (.*)$/.exec(line) ?? assertNever(line);
  const value = (field: string) => new RegExp(`${field}(?:=|: )(\\S+)`).exec(text)?.[1] ?? assertNever(line);
  const base = { at: Number(seconds) * 1000, cpu: Number(cpu) };
  if (name === 'kfree_skb')
    return { ...base, kind: 'drop', skb: Number.parseInt(value('skbaddr'), 16), reason: value('reason') };
  if (name === 'tcp_receive_reset')
    return {
      ...base,
      kind: 'receive',
      local: { host: value('saddr'), port: Number(value('sport')) },
      remote: { host: value('daddr'), port: Number(value('dport')) },
    };
  return {
    ...base,
    kind: 'send',
    skb: Number.parseInt(value('skbaddr'), 16),
    from: endOf(value('src')),
    to: endOf(value('dest')),
    state: value('state'),
    reason: value('reason'),
  };
}

function endOf(text: string): End {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

function assertNever(line: string): never {
  throw new Error(`not such a line: ${line}`);
}

/** How an event's record is laid out (`events/…/format`, kernel/trace/trace_events.c f_show). */
export interface Format {
  name: string;
  id: number;
  fields: Map<string, { offset: number; size: number }>;
  /** The kernel's words for the numbers of its field `reason`; those of another kernel are others. */
  reasons: Map<number, string>;
}

/** A format from its text; undefined when it is none. Never throws. */
export function parseFormat(text: string): Format | undefined {
  const name = /^name: (\w+)$/m.exec(text)?.[1];
  const id = /^ID: (\d+)$/m.exec(text)?.[1];
  if (name === undefined || id === undefined) return undefined;
  const fields = text.matchAll(/^\tfield:[^;]*?(\w+)(?:\[[^\]]*\])?;\toffset:(\d+);\tsize:(\d+);/gm);
  // Of an enum whose values the kernel has not filled in, the words stand without numbers (kernel/trace/trace_events.c trace_event_update_all).
  const words = /__print_symbolic\(REC->reason, (.*?)\)/.exec(text)?.[1] ?? '';
  return {
    name,
    id: Number(id),
    fields: new Map(
      [...fields].map(([, field = '', offset, size]) => [
        field,
        { offset: Number(offset), size: Number(size) },
      ]),
    ),
    reasons: new Map(
      [...words.matchAll(/\{ (\d+), "(\w+)" \}/g)].map(([, value, word = '']) => [Number(value), word]),
    ),
  };
}

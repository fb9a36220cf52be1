import type { z } from 'zod';
import { UsageError } from '../../common/errors.ts';
import type { Source } from './source.ts';
import { SWEEP_KEYS, sweepSchema } from './sweep-schema.ts';
import type { Path } from './yaml-positions.ts';

/** The file's content, checked. Throws UsageError for the first thing wrong, in the order of the file. */
export function checkShape(source: Source): z.output<typeof sweepSchema> {
  const result = sweepSchema.safeParse(source.value, { reportInput: true });
  if (result.success) return result.data;
  const [first] = result.error.issues.map((issue) => lineOf(issue, source)).sort(byPlace);
  throw new UsageError(first ?? `${source.path}: cannot be read`);
}

function lineOf(issue: z.core.$ZodIssue, source: Source): string {
  const name = nameOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    return `${source.whereKey(issue.path, key)}: unknown key "${shown(key)}"; allowed: ${SWEEP_KEYS.join(', ')}`;
  }
  const where = source.where(issue.path);
  if (issue.path.length === 0 && issue.input === null) return `${where}: the file is empty; ${issue.message}`;
  if (issue.input === undefined) return `${where}: ${name} is missing; ${issue.message}`;
  return `${where}: ${name}${name && ': '}${shown(issue.input)}: ${issue.message}`;
}

/** `include[0].nofile` */
export function nameOf(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

/** A value in a line of its own, shortened. */
export function shown(value: unknown): string {
  const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))).replace(
    /\s+/g,
    ' ',
  );
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function byPlace(a: string, b: string): number {
  const [lineA = 0, columnA = 0] = placeOf(a);
  const [lineB = 0, columnB = 0] = placeOf(b);
  return lineA - lineB || columnA - columnB;
}

function placeOf(line: string): number[] {
  return /:(\d+):(\d+): /.exec(line)?.slice(1).map(Number) ?? [];
}

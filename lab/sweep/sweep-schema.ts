import { z } from 'zod';
import { UsageError } from '../../common/errors.ts';
import { shown } from '../../common/shown.ts';
import type { Path, Source } from './yaml-source.ts';

/** Values are kept as text until the setting itself reads them; an empty one is refused there, by its name. */
const scalar = z
  .union([z.string(), z.number(), z.boolean(), z.null()], { error: 'allowed: a number or text' })
  .transform((value) => (value === null ? '' : String(value)));

const map = (of: string) => `allowed: a map of ${of}`;
const settings = z.record(z.string(), scalar, { error: map('settings') });

const listed = (value: unknown) => (Array.isArray(value) ? value : [value]);

const axis = z.preprocess(listed, z.array(scalar).min(1, { error: 'allowed: at least one value' }));

const wholeNumber = (min: number, max: number) => {
  const error = `allowed: a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

const expectation = z.record(z.string(), z.preprocess(listed, z.array(scalar).min(1)), {
  error: map('expectations'),
});

const list = <T extends z.ZodType>(item: T, of: string) =>
  z.array(item, { error: `allowed: a list of ${of}` });

/** A bound against a matrix that grew by accident; `max_cells` moves it. */
const USUAL_CELLS = 200;
const MOST_CELLS = 100_000;

/** A sweep's file as it is written. */
const sweepSchema = z.strictObject(
  {
    name: z.string({ error: 'allowed: text' }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, {
      error: 'allowed: up to 60 letters, digits, dots, dashes and underscores',
    }),
    about: z.string({ error: 'allowed: text' }).default(''),
    profile: z.string({ error: 'allowed: the name of a profile' }).optional(),
    base: settings.default({}),
    matrix: z.record(z.string(), axis, { error: map('settings, each with a list or a range') }).default({}),
    runtimes: z
      .preprocess(
        listed,
        z
          .array(z.string({ error: 'allowed: the name of a runtime' }))
          .min(1, { error: 'allowed: at least one runtime' }),
      )
      .default(['auto']),
    exclude: list(settings, 'maps of settings').default([]),
    include: list(
      z.looseObject({ expect: expectation.optional() }, { error: map('settings') }).catchall(scalar),
      'maps of settings',
    ).default([]),
    expect: expectation.default({}),
    repeat: wholeNumber(1, 1000).default(1),
    max_cells: wholeNumber(1, MOST_CELLS).default(USUAL_CELLS),
  },
  { error: map('name, matrix, …') },
);

/** The keys of a sweep's file, in the order in which docs/sweep.md describes them. */
export const SWEEP_KEYS = Object.keys(sweepSchema.shape);

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

function byPlace(a: string, b: string): number {
  const [lineA = 0, columnA = 0] = placeOf(a);
  const [lineB = 0, columnB = 0] = placeOf(b);
  return lineA - lineB || columnA - columnB;
}

function placeOf(line: string): number[] {
  return /:(\d+):(\d+): /.exec(line)?.slice(1).map(Number) ?? [];
}

import { z } from 'zod';

const SCALAR = 'allowed is a number or text';

/** Values are kept as text until the setting itself reads them; an empty one is refused there, by its name. */
const scalar = z
  .union([z.string(), z.number(), z.boolean(), z.null()], { error: SCALAR })
  .transform((value) => (value === null ? '' : String(value)));

const map = (of: string) => `allowed is a map of ${of}`;
const settings = z.record(z.string(), scalar, { error: map('settings') });

const listed = (value: unknown) => (Array.isArray(value) ? value : [value]);

const axis = z.preprocess(listed, z.array(scalar).min(1, { error: 'allowed is at least one value' }));

const wholeNumber = (min: number, max: number) => {
  const error = `allowed is a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

const expectation = z.record(z.string(), z.preprocess(listed, z.array(scalar).min(1)), {
  error: map('expectations'),
});

const list = <T extends z.ZodType>(item: T, of: string) =>
  z.array(item, { error: `allowed is a list of ${of}` });

/** A bound against a matrix that grew by accident; `max_cells` moves it. */
export const USUAL_CELLS = 200;
export const MOST_CELLS = 100_000;

/** A sweep's file as it is written. */
export const sweepSchema = z.strictObject(
  {
    name: z.string({ error: 'allowed is text' }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, {
      error: 'allowed are up to 60 letters, digits, dots, dashes and underscores',
    }),
    about: z.string({ error: 'allowed is text' }).default(''),
    profile: z.string({ error: 'allowed is the name of a profile' }).optional(),
    base: settings.default({}),
    matrix: z.record(z.string(), axis, { error: map('settings, each with a list or a range') }).default({}),
    runtimes: z
      .preprocess(
        listed,
        z
          .array(z.string({ error: 'allowed is the name of a runtime' }))
          .min(1, { error: 'allowed is at least one runtime' }),
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

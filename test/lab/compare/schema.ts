import { z } from 'zod';

const range = z.strictObject({ from: z.number(), to: z.number() }).refine(({ from, to }) => from < to);

/** A column whose figures are these. */
function columnOf(source: 'measured' | 'predicted', figure: z.ZodType) {
  return z.strictObject({
    name: z.string().min(1),
    os: z.enum(['linux', 'macos']),
    source: z.literal(source),
    from: z.string().min(1),
    settings: z.record(z.string(), z.union([z.number(), z.string()])),
    users: z.strictObject({
      asked: z.int().positive(),
      open: figure,
      failed: figure,
      by: z.array(
        z.strictObject({
          outcome: z.string(),
          stage: z.enum(['connect', 'upgrade', 'open']),
          errno: z.string().nullable(),
          count: figure,
        }),
      ),
    }),
    causes: z.array(z.strictObject({ cause: z.string(), users: figure })),
    connectMs: z.strictObject({
      p50: figure.nullable(),
      p90: figure.nullable(),
      p99: figure.nullable(),
      max: figure.nullable(),
    }),
    waited: figure.nullable(),
    lastMs: figure.nullable(),
    counters: z.record(z.string(), figure),
    notes: z.array(z.string()),
    path: source === 'measured' ? z.string() : z.null(),
  });
}

/** A measured figure is a number; a predicted one may be a range, never one of nothing. */
export const columnSchema = z.discriminatedUnion('source', [
  columnOf('measured', z.number()),
  columnOf('predicted', z.union([z.number(), range])),
]);

const difference = z.strictObject({
  what: z.string().min(1),
  left: z.string().min(1),
  right: z.string().min(1),
  why: z.string().min(1),
  sources: z.array(z.string().min(1)).min(1),
});
const pair = { columns: z.array(columnSchema).length(2), differences: z.array(difference) };

/** What `compare --json` prints. */
export const compareSchema = z.strictObject({
  schema: z.literal(1),
  complete: z.boolean(),
  host: z.strictObject({ os: z.string(), kernel: z.string(), node: z.string() }),
  seed: z.int(),
  ...pair,
  grid: z.array(z.strictObject({ nofile: z.int(), backlog: z.int(), ramp: z.string(), ...pair })).nullable(),
  path: z.string().nullable(),
});

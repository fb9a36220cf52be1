import { z } from 'zod';
import type { ClimbDocument } from '../climb/climb-document.ts';
import { schemaOf } from './same-type.ts';
import {
  driver,
  effectiveSettings,
  expectations,
  folder,
  host,
  seed,
  version,
  wallMs,
} from './shared-parts.ts';
import { count } from './words.ts';

const step = z
  .object({
    users: count.describe('Users of the load in which it was met.'),
    wall: z.string().describe('Id of the cause that was named; `unknown`: none was.'),
    law: z.string().nullable().describe('The formula that predicts it; null: no law knows this wall.'),
    predicted: z.number().nullable().describe('By that law; null: there is none, or it could not tell.'),
    measured: count.describe('Users that were let in before it.'),
    fix: z.string().nullable().describe('What was changed; null: this machine cannot move it.'),
    settings: effectiveSettings.describe('Settings under which it was met, read back.'),
    wallMs,
  })
  .meta({ id: 'step', description: 'A wall that was met on the way up.' });

const load = z
  .object({
    users: count,
    open: count.describe('Open to the end.'),
    gateways: count,
    sources: count.describe('Addresses that the robots came from.'),
    wallMs,
    userBytes: z
      .number()
      .nullable()
      .describe('Resident memory of all gateways and fleets, bytes; null: not read.'),
    kernelBytes: z
      .number()
      .nullable()
      .describe(
        'What the kernel had in use once all had settled, less what it had before, bytes; null: not seen.',
      ),
    cpuMicros: z.number().nullable().describe('CPU time of all gateways and fleets, µs; null: not read.'),
  })
  .meta({ id: 'load', description: 'One load of the climb, whether or not it met a wall.' });

const estimate = z
  .object({ value: z.number(), error: z.number().describe('Its standard error.') })
  .meta({ id: 'estimate', description: 'A figure drawn from the loads of this climb.' });

const paper = z
  .object({
    predicted: z.literal(true).describe('Nothing of it was measured.'),
    users: count,
    gateways: count.describe('At the highest nofile of this machine.'),
    nofile: count,
    descriptors: count.describe('Of both ends.'),
    sources: count.describe('Addresses.'),
    ports: count.describe('Local ports that each has for one gateway.'),
    userBytes: estimate.nullable().describe('Memory in user space, bytes; null: the loads do not tell.'),
    kernelBytes: estimate.nullable().describe('Memory in the kernel, bytes; null: the loads do not tell.'),
    cpuSeconds: estimate.nullable().describe('CPU time of a whole life of all users, s.'),
    machines: estimate.nullable().describe('Machines like this one, by memory.'),
    machineBytes: z.number().nullable().describe('Memory of this one, bytes; null: not seen.'),
    basis: z.array(z.string()).describe('What each figure was reckoned from, a line each.'),
  })
  .meta({ id: 'paper', description: 'What so many users would take, by what this climb measured.' });

/** What `climb --json` prints, and climb.json. */
export const climbDocument = schemaOf<ClimbDocument>()(
  z.object({
    schema: version,
    name: z.literal('climb'),
    complete: z.boolean().describe('False: interrupted, or not at its end yet.'),
    host,
    runtime: z.string(),
    driver,
    seed,
    to: count.describe('Users to climb to.'),
    steps: z.array(step).describe('The walls that were met, first to last.'),
    reached: count.describe('The largest number of users shown open to the end of a load, at most `to`.'),
    end: z.string().describe('Why it ended: the target, or the wall that this machine cannot move.'),
    loads: z.array(load),
    paper,
    expectations: expectations.optional(),
    path: folder,
  }),
);

import { z } from 'zod';
import type { ProcessLine, RefusalsLine } from '../../protocol/process-events.ts';
import type { KeptLine, LabLine } from '../evidence/lab-lines.ts';
import { lostFields, partClock, where } from './other-machines.ts';
import { schemaOf } from './same-type.ts';
import { fleetLines } from './samples-fleet.ts';
import { gatewayLines } from './samples-gateway.ts';
import { observerLines } from './samples-observer.ts';
import { at, count, ms, openUnion, openWords } from './words.ts';

const process = { event: z.literal('process'), at, pid: z.int() };
const processLine = schemaOf<ProcessLine>()(
  openUnion('what', [
    z.object({
      ...process,
      what: z.literal('signal'),
      signal: z.string(),
      by: z
        .object({ pid: z.int().optional(), name: z.string().optional() })
        .optional()
        .describe('Who sent it; absent: the kernel itself.'),
    }),
    z.object({ ...process, what: z.literal('exit'), code: z.int() }),
    z.object({ ...process, what: z.literal('oom') }),
    z.object({
      ...process,
      what: z.literal('refused'),
      count: count.describe('Forks that came back with EAGAIN.'),
    }),
  ]),
).meta({ id: 'process', description: "What the kernel's trace told of a process of the server." });

const refusals = schemaOf<RefusalsLine>()(
  z.object({
    event: z.literal('refusals'),
    at,
    ports: z.array(z.int()).describe("The clients' ports."),
    forged: z.array(z.int()).optional().describe('Those that a packet filter refused.'),
    unanswered: z.array(z.int()).optional().describe('Those that ended without an answer of TCP.'),
    shared: z.literal(true).optional().describe('It is not known whose they were.'),
  }),
).meta({ id: 'refusals', description: "Connects to the server's port that nobody listened for." });

type Lab<Event extends LabLine['event']> = Extract<LabLine, { event: Event }>;

const gatewayExit = schemaOf<Lab<'gateway-exit'>>()(
  z.object({
    event: z.literal('gateway-exit'),
    at,
    code: z.int().nullable(),
    signal: z.string().nullable(),
    oomKills: count.optional().describe('Processes killed in its cgroup for want of memory.'),
    output: z.string().describe('The last that it said outside of its lines.'),
    where: where.optional(),
  }),
).meta({
  id: 'gateway-exit',
  description: 'The gateway, or the whole of a server, ended before it was told to.',
});

const gatewayStopped = schemaOf<Lab<'gateway-stopped'>>()(
  z.object({ event: z.literal('gateway-stopped'), at }),
).meta({ id: 'gateway-stopped', description: 'The lab stopped the gateway (SIGSTOP).' });

const gatewayContinued = schemaOf<Lab<'gateway-continued'>>()(
  z.object({ event: z.literal('gateway-continued'), at }),
).meta({ id: 'gateway-continued', description: 'The lab let it go on (SIGCONT).' });

const observerLost = schemaOf<Lab<'observer-lost'>>()(
  z.object({ event: z.literal('observer-lost'), at, how: z.string() }),
).meta({ id: 'observer-lost', description: 'The observer ended before it was told to.' });

const clocks = schemaOf<Lab<'clocks'>>()(
  z.object({ event: z.literal('clocks'), at, clocks: z.array(partClock(0)) }),
).meta({ id: 'clocks', description: 'The clocks of parts on other machines, after the load.' });

const partLost = schemaOf<Lab<'part-lost'>>()(
  z.object({ event: z.literal('part-lost'), at, ...lostFields(0) }),
).meta({ id: 'part-lost', description: 'A part ended before its load was over.' });

const link = schemaOf<Lab<'link'>>()(
  z.object({ event: z.literal('link'), at, delayMs: ms, qdisc: openWords(['netem', 'tbf']) }),
).meta({ id: 'link', description: 'The link between gateway and robots was delayed, ms.' });

const userCost = schemaOf<Lab<'user-cost'>>()(
  z.object({
    event: z.literal('user-cost'),
    at,
    handshakeMs: ms.describe('CPU time of the server for one TLS handshake, ms.'),
    requestMs: ms.describe('What a request takes beside that, ms; 0: users ask nothing.'),
    each: count.describe('How many of each were measured.'),
  }),
).meta({ id: 'user-cost', description: 'What one user over TLS costs the server, before there was load.' });

const proxy = schemaOf<Lab<'proxy'>>()(
  z.object({
    event: z.literal('proxy'),
    at,
    seen: z.object({
      port: z.int().describe('On the host.'),
      listening: z.boolean(),
      nofile: z.int().optional(),
      atRest: count.optional().describe('Descriptors that it holds without users.'),
      peak: count.optional().describe('The most that were seen.'),
    }),
  }),
).meta({ id: 'proxy', description: "Docker's proxy of a published port." });

const trace = schemaOf<Lab<'trace'>>()(
  z.object({
    event: z.literal('trace'),
    at,
    available: z.boolean(),
    why: z.string().optional().describe('Why not.'),
    lost: count.describe('Events that the kernel had no room for.'),
    unknown: count.describe('Lines of the trace that were not understood.'),
    cpuMs: ms.describe('CPU time of the process that read it, ms.'),
  }),
).meta({ id: 'trace', description: 'The trace of RSTs is over; they are in trace.ndjson.' });

type InOtherFiles = 'user' | 'connection' | 'traced-reset' | 'raw';

/** A line of samples.ndjson. */
export const samplesLine = schemaOf<Exclude<KeptLine, { event: InOtherFiles }>>()(
  openUnion('event', [
    ...gatewayLines,
    ...fleetLines,
    ...observerLines,
    processLine,
    refusals,
    gatewayExit,
    gatewayStopped,
    gatewayContinued,
    observerLost,
    clocks,
    partLost,
    link,
    proxy,
    userCost,
    trace,
  ]),
);

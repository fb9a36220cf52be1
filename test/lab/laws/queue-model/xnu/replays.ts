import type { ModelInput } from '../../../../../lab/laws/queue-model/model-input.ts';
import type { ModelUser } from '../../../../../lab/laws/queue-model/output.ts';
import type { LoopbackRun, RawRun } from './data.ts';
import { Segments } from './segments.ts';

/** The same schedule of segments, at the model. */
export function playRaw({ way, B, S = 128, N, k = N, m = 0, random }: RawRun): Segments {
  const made = new Segments({ backlog: B, somaxconn: S }, random);
  const clients = [...Array(N).keys()];
  const size = way === 'b' ? 1 : k;
  for (let at = 0; at < N; at += size) {
    const batch = clients.slice(at, at + size);
    for (const client of batch) made.syn(client);
    const connected = batch.filter((client) => made.answered(client));
    for (const client of connected) made.send(client, 'ack');
    for (const client of connected) made.send(client, 'data');
    for (let accepts = 0; accepts < m; accepts += 1) made.accept();
  }
  return made;
}

/** The thread of lo0 has its turns at whole multiples of this, and the accept loop of the runs looks as often, ms. */
const TURN_MS = 0.05;
/** Users call connect(2) so long after a turn, ms. */
const AFTER_TURN_MS = 0.02;
const AT_REST = [...Array(10).keys()];

/** What the model is given for a run over lo0. */
export function loopbackInput({ params }: LoopbackRun): ModelInput {
  const { N, k, au, B, S, rnd, gap = 50, delayMs, room, compat, wo } = params;
  const after = delayMs === undefined ? AFTER_TURN_MS : 0;
  return {
    dialect: 'darwin',
    settings: { backlog: B, somaxconn: S, ...(compat !== undefined && { soqlimitcompat: compat }) },
    arrivals: Array.from({ length: N }, (_, user) => (Math.floor(user / k) * gap) / 1000 + after),
    link:
      delayMs === undefined
        ? { kind: 'batches', batch: Infinity, everyMs: TURN_MS }
        : { kind: 'delay', delayMs },
    server: {
      acceptRate: au > 0 ? 1e6 / au : Infinity,
      ...(au > 0 && { pollMs: TURN_MS }),
      ...(au === 0 && { stoppedUntilMs: Infinity }),
      ...(room !== undefined && {
        nofile: AT_REST.length + room,
        descriptorsAtRest: AT_REST,
        whenOut: wo === 1 ? ('loop' as const) : ('libuv' as const),
      }),
    },
    client: { patienceMs: Infinity },
    seed: rnd,
  };
}

/** o answered, r ECONNRESET at read, c at connect, p EPIPE, t ETIMEDOUT, w connected and waiting, e end of file. */
export function letterOf({ outcome, errno, syscall }: ModelUser): string {
  if (outcome === 'open') return 'o';
  if (outcome === 'hanging') return 'w';
  if (outcome === 'timeout') return 't';
  if (outcome === 'eof') return 'e';
  if (errno === 'EPIPE') return 'p';
  return syscall === 'connect' ? 'c' : 'r';
}

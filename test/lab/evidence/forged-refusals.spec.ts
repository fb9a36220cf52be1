import assert from 'node:assert/strict';
import { ForgedRefusals } from '../../../lab/evidence/linux/trace/forged-refusals.ts';
import type { TraceEvent } from '../../../system/tracefs/events.ts';

const SERVER = { host: '10.0.0.1', port: 8080 };
const CLIENT = { host: '10.0.0.2', port: 4000 };

const sends = (at: number, to = CLIENT, from = SERVER): TraceEvent => ({
  at,
  cpu: 0,
  kind: 'send',
  skb: 1,
  from,
  to,
});
const takes = (at: number, remote = SERVER): TraceEvent => ({
  at,
  cpu: 0,
  kind: 'receive',
  local: CLIENT,
  remote,
});
const closes = (at: number, before = 'SYN_SENT', after = 'CLOSE', remote = SERVER): TraceEvent => ({
  at,
  cpu: 0,
  kind: 'state',
  sk: 1,
  local: CLIENT,
  remote,
  before,
  after,
  task: { thread: 7, inside: true },
});
const ELSEWHERE = { host: '10.0.0.1', port: 81 };

describe('evidence: connects that no TCP has refused', () => {
  for (const [what, events, forged] of [
    ['an RST that nobody sent', [takes(100), closes(100.1)], 'RST'],
    ['an RST to another client', [sends(99, { ...CLIENT, port: 4001 }), takes(100), closes(100.1)], 'RST'],
    ["the server's kernel sent it", [sends(99), takes(100), closes(100.1)], undefined],
    [
      "a listener's, which says not to whom",
      [sends(99, { host: '', port: 0 }), takes(100), closes(100.1)],
      undefined,
    ],
    ['without any RST', [closes(100)], 'nothing'],
    ['it had a connection', [takes(100), closes(100.1, 'ESTABLISHED')], undefined],
    ['it got one', [takes(100), closes(100.1, 'SYN_SENT', 'ESTABLISHED')], undefined],
    ['another port', [takes(100, ELSEWHERE), closes(100.1, 'SYN_SENT', 'CLOSE', ELSEWHERE)], undefined],
    ['the RST was of a connection before', [takes(100), closes(200)], 'nothing'],
  ] as const)
    it(`${what}: ${forged ?? 'none'}`, () => {
      const refusals = new ForgedRefusals(SERVER.port);
      assert.equal(events.map((event) => refusals.take(event)).at(-1)?.by, forged);
    });
});

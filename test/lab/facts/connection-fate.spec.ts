import assert from 'node:assert/strict';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import { type Fate, fateOf } from '../../../lab/facts/connection-fate.ts';
import { connectionFacts, failedEnds } from '../../../lab/facts/connections.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { ConnectionLine, Told } from '../../../protocol/connection-events.ts';
import { closedLine, resetLine, unacceptedLine } from './made-connections.ts';

const told = <T>(is: T, within?: number): Told<T> => ({ is, by: 'ss -E', ...(within ? { within } : {}) });
const bare: ConnectionLine = { event: 'connection', at: 1000, local: '127.0.0.1:80', remote: '127.0.0.1:9' };

const FATES: [what: string, line: ConnectionLine, fate: Fate][] = [
  ['is there at the end', { ...bare, open: true }, 'open'],
  ['closed by the client first', { ...closedLine(1000, 0, 0), closedBy: told('client') }, 'left'],
  [
    'reset by the client while it waits',
    { ...bare, accepted: told(false), closedBy: told('client') },
    'left',
  ],
  ['reset with the request unread', resetLine(1000), 'reset'],
  [
    'the same, and who was first is not known',
    { ...bare, reset: told('server'), unread: told(5, 1) },
    'reset or left',
  ],
  [
    'served, and reset with a close_notify unread',
    { ...resetLine(1000, 50, { unread: 24 }), sent: told(2554), received: told(1741) },
    'served',
  ],
  [
    'served, and reset with a whole request unread',
    { ...resetLine(1000, 50, { unread: 400 }), sent: told(2554), received: told(1741) },
    'reset',
  ],
  ['reset in the queue', unacceptedLine(1000), 'never accepted'],
  ['closed at once without a byte', closedLine(1000, 0, 0), 'turned away'],
  ['closed at once, the client had spoken', closedLine(1000, 0, 80), 'turned away'],
  ['a word and closed, before the client spoke', closedLine(1000, 12, 0), 'told and closed'],
  ['answered and closed', closedLine(1000, 300, 80), 'served'],
  ['a long banner-only session', closedLine(9000, 300, 0, 5000), 'served'],
  ['no answer for five seconds', closedLine(9000, 0, 80, 5000), 'unanswered'],
  ['nobody spoke for five seconds', closedLine(9000, 0, 0, 5000), 'expired'],
  [
    'answered and closed, then an RST for what came late (TLS)',
    { ...closedLine(1000, 300, 80), reset: told('server') },
    'served',
  ],
  [
    'one byte received that may be a FIN',
    { ...closedLine(1000, 12, 0), received: told(1, 1) },
    'told and closed',
  ],
  [
    'closed in order, then something came that nobody reads, and who was first is not known',
    { ...bare, sent: told(2554), received: told(1741, 1), unread: told(24, 1), finAcked: told(true) },
    'untold',
  ],
  ['nobody knows who ended it', { ...bare, sent: told(0), received: told(0) }, 'untold'],
  ['one byte unread that may be a FIN', { ...bare, unread: told(1, 1) }, 'untold'],
];

function factsOf(lines: readonly ConnectionLine[], lost = 0) {
  const asked = settingsSchema.parse({ users: 1 });
  const host = { os: 'linux', kernel: '', node: '' };
  const evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
  evidence.ledger.witnesses['ss -E'] = { event: 'witness', at: 0, by: 'ss -E', lost };
  evidence.ledger.connections.push(...lines);
  return connectionFacts(evidence, 10_000) ?? assert.fail('there is a ledger');
}

describe('facts: how a connection ended', () => {
  for (const [what, line, fate] of FATES) it(`${what}: ${fate}`, () => assert.equal(fateOf(line), fate));

  it('counts who came, and not who was there before', () => {
    const { complete: _, ...old } = closedLine(1000, 0, 0);
    const { came, fates } = factsOf([closedLine(1000, 0, 0), old]);
    assert.deepEqual([came, fates['turned away']], [1, 2]);
  });

  it('what ends with the load or after it is no end of the server', () => {
    const { ends, fates } = factsOf([resetLine(10_001)]);
    assert.deepEqual([ends.length, fates.open], [0, 1]);
  });

  it('few of which it is not known whether they had left are no failure, many are', () => {
    const maybe = { ...bare, reset: told('server' as const), unread: told(5, 1) };
    const few = factsOf(Array.from({ length: 5 }, () => maybe));
    assert.equal(failedEnds(few).length, 0);
    const many = factsOf(Array.from({ length: 6 }, () => maybe));
    assert.equal(failedEnds(many).length, 6);
    assert.equal(failedEnds(factsOf([resetLine(1000)])).length, 1, 'one that is known is one');
  });

  it('there are no facts where nobody told, and the lost are counted', () => {
    assert.equal(factsOf([], 3).lost, 3);
    const asked = settingsSchema.parse({ users: 1 });
    const host = { os: 'linux', kernel: '', node: '' };
    const evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
    assert.equal(connectionFacts(evidence, 10), undefined);
    evidence.ledger.witnesses['ss -E'] = { event: 'witness', at: 0, by: 'ss -E', missing: 'no ss', lost: 0 };
    assert.equal(connectionFacts(evidence, 10), undefined);
  });
});

import assert from 'node:assert/strict';
import { scopeOf, seenOf } from '../../../lab/diagnose/scope.ts';
import type { Facts } from '../../../lab/facts/facts.ts';

const queued = { gaveUp: 0, waiting: 0 };
const connections = { resets: 2, fates: { 'turned away': 150, left: 3 }, lost: 0, queued };
const facts = (fields: object) => fields as Facts;

describe('diagnose: what else lives beside a server', () => {
  it('names other ports, and how many of the RSTs were on its own connections', () => {
    assert.equal(
      scopeOf(facts({ connections, outside: { resetsAround: 29 } }), { port: 80, others: [22, 5432] }),
      'port 80 alone is judged; 2 other ports in its network namespace (22, 5432) and their clients are background; of 29 RST sent there 2 were on its connections',
    );
  });

  it('lays none to it where nobody told of its connections', () => {
    assert.match(
      scopeOf(facts({ outside: { resetsAround: 29 } }), { port: 80, others: [] }),
      /^port 80: nobody else listens .*; of 29 RST sent there none is attributed to it$/,
    );
  });

  it('says how connections ended, what was stuck and what was lost', () => {
    assert.deepEqual(seenOf(facts({ connections: { ...connections, lost: 1 }, outside: { stuck: 7 } })), [
      '150 closed by the server at once, without a byte',
      '3 ended by the client first',
      '7 stayed in the accept queue, and were not accepted',
      '1 line about connections lost',
    ]);
  });

  it('says who gave up in the accept queue, and who still waited, once', () => {
    const left = { resets: 0, fates: {}, lost: 0, queued: { gaveUp: 80, waiting: 2 } };
    assert.deepEqual(seenOf(facts({ connections: left, outside: { stuck: 0 } })), [
      '80 given up by the client after a second or more in the accept queue, never accepted',
      '2 still in the accept queue at the end, for a second or more',
    ]);
    assert.equal(seenOf(facts({ connections: left, outside: { stuck: 80 } })).length, 1);
    assert.deepEqual(seenOf(facts({ outside: { stuck: 0, forsaken: 20 } })), [
      '20 in the accept queue for the last 3 s and longer: nobody was accepted',
    ]);
  });
});

import assert from 'node:assert/strict';
import { rowOfEnd } from '../../../../lab/evidence/linux/ledger/join.ts';
import type { Known } from '../../../../lab/evidence/linux/ledger/known.ts';
import { lineOf } from '../../../../protocol/connection-rows.ts';
import type { SocketEnd } from '../../../../system/ss-ends.ts';

const LOCAL = '127.0.0.1:8080';
const REMOTE = '127.0.0.1:5';

/** Complete at 1000; its client left at 3000; freed at 8000, an answer having been sent. */
const SEEN: Known = {
  key: '',
  local: LOCAL,
  remote: REMOTE,
  inode: 0,
  since: 900,
  seen: 1000,
  open: 2900,
  queued: 7900,
  ended: { by: 'client', seen: 3000 },
  clientFin: true,
  look: 1,
};

function waitOf(known: Partial<Known>) {
  const end: SocketEnd = {
    local: LOCAL,
    remote: REMOTE,
    cookie: '1',
    received: 35,
    unread: 0,
    sent: 200,
    acked: 0,
    sentAgain: 0,
    retransmitted: false,
    segsIn: 4,
    segsOut: 3,
    dataSegsIn: 1,
    dataSegsOut: 1,
    lastReceived: 7000,
    lastSent: 0,
  };
  const told = { end, at: 8000, from: 7920, known: { ...SEEN, ...known }, since: 7900, left: undefined };
  return lineOf(rowOfEnd({ ...told, pid: undefined })).wait;
}

describe('the ledger: who was last seen in the accept queue', () => {
  it('was taken after the last look that showed it there, and before it was freed', () => {
    assert.deepEqual(waitOf({}), { is: 7100, by: 'port table', within: 200 });
  });

  it('whoever ended it: no look has shown it taken, and it was by then', () => {
    assert.deepEqual(waitOf({ open: 7950 }), { is: 7100, by: 'port table', within: 200 });
    assert.deepEqual(waitOf({ ended: { by: 'server', seen: 3000 } }), {
      ...{ is: 7100, by: 'port table', within: 200 },
    });
  });

  it('one that a look has shown taken is told as ever; nobody saw it in the queue: it is not known', () => {
    assert.deepEqual(waitOf({ queued: 1000, taken: 1100 }), { is: 200, by: 'port table', within: 200 });
    const { queued: _, ...never } = SEEN;
    assert.equal(waitOf({ ...never, queued: undefined as never }), undefined);
  });
});

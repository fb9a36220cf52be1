import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { fileLedgerLine } from '../../../lab/evidence/ledger/ledger.ts';
import { pathFacts } from '../../../lab/facts/users-path.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';

const INTERFACES = ['lo', 'eth0', 'eth1'].map((name, at) => ({
  ...{ name, errors: 0, drops: 10 ** at, packets: 1000 },
}));

/** A server with an address on each interface, and these connections. */
function evidenceOf(ends: [local: string, remote: string][], more: Partial<Evidence> = {}): Evidence {
  const host = { os: 'linux', kernel: '0', node: 'v0' };
  const asked = { ...settingsSchema.parse({ users: 1 }), users: 0 };
  const evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
  evidence.observer.before = {
    ...{ event: 'snapshot', at: 0, when: 'before', counters: {}, sysctls: {} },
    server: {
      ...{ port: 80, addresses: ['*'], holders: [], unseen: [] },
      interfaces: { lo: ['127.0.0.1', '192.0.2.9'], eth0: ['192.0.2.1', 'fe80::1'], eth1: ['192.0.2.2'] },
    },
    cost: { cpuMicros: 0, wallMs: 0, samples: 0 },
  };
  for (const [local, remote] of ends)
    fileLedgerLine(evidence.ledger, { event: 'connection', at: 0, local, remote });
  return Object.assign(evidence, more);
}

const path = (evidence: Evidence, damaged = 0) => pathFacts(evidence, INTERFACES, () => damaged);

describe('facts: which interfaces the users came over', () => {
  const users = settingsSchema.parse({ users: 9 });

  it('robots beside a server: its loopback alone; from elsewhere: every other one', () => {
    assert.deepEqual(path(evidenceOf([], { asked: users })), { over: ['lo'], lost: 1 });
    const elsewhere = evidenceOf([], { asked: users, elsewhere: true });
    assert.deepEqual(path(elsewhere), { over: ['eth0', 'eth1'], lost: 110 });
  });

  it('in a namespace that is the run’s own all of them, and what came damaged as well', () => {
    assert.equal(path(evidenceOf([], { asked: users, exclusive: true }), 7).lost, 118);
    assert.equal(path(evidenceOf([], { asked: users }), 7).lost, 1, 'beside others it may have been theirs');
  });

  it('somebody else’s: by the addresses of the connections', () => {
    const over = (local: string, remote: string) => path(evidenceOf([[local, remote]])).over;
    assert.deepEqual(over('127.0.0.1:80', '127.0.0.1:4000'), ['lo']);
    assert.deepEqual(over('192.0.2.1:80', '192.0.2.1:4000'), ['lo'], 'an address of its own');
    assert.deepEqual(over('192.0.2.1:80', '192.0.2.2:4000'), ['lo'], 'or two');
    assert.deepEqual(over('192.0.2.2:80', '198.51.100.7:4000'), ['eth1']);
    assert.deepEqual(over('[fe80::1]%eth0:80', '[fe80::7]%eth0:4000'), ['eth0']);
    assert.deepEqual(over('192.0.2.9:80', '198.51.100.7:4000'), ['eth0', 'eth1'], 'behind a balancer');
    assert.equal(path(evidenceOf([])).over.length, 3, 'it is not known who came');
  });
});

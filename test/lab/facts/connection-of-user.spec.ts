import assert from 'node:assert/strict';
import { newLedger } from '../../../lab/evidence/ledger/ledger.ts';
import { connectionOfUser } from '../../../lab/facts/connection-of-user.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import { resetLine } from './made-connections.ts';

/** A user that was reset at 1050, from port 40000. */
function user(id: number, address?: string): UserLine {
  const bets = { placed: 0, acked: 0, rejected: 0 };
  return {
    ...{ event: 'user', id, outcome: 'reset', stage: 'upgrade', bets },
    ...{ port: 40_000, ...(address === undefined ? {} : { address }) },
    ...{ startedAt: 1000, connectedMs: 10, endedMs: 50 },
  };
}

/** The server's ends of the connections of such users. */
function ledgerOf(...remotes: string[]) {
  const ledger = newLedger();
  ledger.connections.push(...remotes.map((remote) => ({ ...resetLine(1050), remote })));
  return ledger;
}

describe('facts: the connection of a user', () => {
  it('is found by address and port where users come from several', () => {
    const users = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address, id) => user(id, address));
    const ledger = ledgerOf('10.0.0.2:40000', '[::ffff:10.0.0.3]:40000', '10.0.0.1:40000', '10.0.0.1:40001');
    const find = connectionOfUser({ ledger, fleet: { users } as never }, users);
    assert.deepEqual(
      users.map((one) => find(one)?.remote),
      ['10.0.0.1:40000', '10.0.0.2:40000', '[::ffff:10.0.0.3]:40000'],
    );
  });

  it('is none where only another address had that port', () => {
    const users = [user(0, '10.0.0.1')];
    const find = connectionOfUser({ ledger: ledgerOf('10.0.0.2:40000'), fleet: { users } as never }, users);
    assert.equal(find(users[0] as UserLine), undefined);
  });

  it('is found by port alone where the users say no address', () => {
    const users = [user(0)];
    const find = connectionOfUser({ ledger: ledgerOf('10.0.0.2:40000'), fleet: { users } as never }, users);
    assert.equal(find(users[0] as UserLine)?.remote, '10.0.0.2:40000');
  });
});

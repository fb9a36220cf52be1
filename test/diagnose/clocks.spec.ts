import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { netns } from '../../lab/runtimes/netns.ts';
import { skip, skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { type Diagnosed, Place } from './place.ts';
import { assertConfirmed } from './verdicts.ts';

const it = oneIn(3);

const ASK = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Users of talkers.ts, to their end. */
async function talkers(place: Place, port: number, env: Record<string, string>): Promise<void> {
  const [command = '', ...enter] = place.enter;
  const child = spawn(command, [...enter, process.execPath, join(import.meta.dirname, 'talkers.ts')], {
    env: { USERS: '20', RAMP_MS: '2500', FOR_MS: '7000', ...env, PORT: String(port) },
    stdio: 'inherit',
  });
  await once(child, 'close');
}

const serverOf = [process.execPath, join(import.meta.dirname, 'servers/clocks.ts')];

const measured = ({ document }: Diagnosed, cause: string) =>
  document.verdicts.find((one) => one.cause === cause)?.for.find(({ limit }) => limit !== undefined);

/** Named from outside: a server in a namespace of its own, somebody else's users. */
async function watched(clock: string, ms: number, users: Record<string, string>): Promise<Diagnosed> {
  await using place = await Place.make();
  await place.serve(serverOf, 9000, { env: { CLOCK: clock, MS: String(ms) } });
  return await place.watch(['--port', '9000'], () => talkers(place, 9000, users));
}

describe('lab diagnose: clocks of a server, named from outside', function () {
  this.timeout(120_000);
  skipWhenMissing(netns);

  for (const [title, clock, ms, users, cause] of [
    ['the same silence', 'idle', 1500, { HOW: 'fall silent' }, 'idle-timeout'],
    ['the same age', 'age', 2500, { HOW: 'go on' }, 'deadline'],
    ['the same age, and nothing said', 'idle', 1500, { HOW: 'say nothing' }, 'handshake-timeout'],
  ] as const)
    it(`${title}: ${cause}, with its value`, async function () {
      // Without the trace how old a connection was is known to some tenths of a second on a busy machine.
      if (cause === 'deadline' && process.getuid?.() !== 0) skip(this, 'no root here');
      const diagnosed = await watched(clock, ms, users);
      assertConfirmed(diagnosed, cause);
      assert.equal(diagnosed.code, 0);
      const { limit = 0, says = '' } = measured(diagnosed, cause) ?? {};
      assert.ok(Math.abs(limit - ms) < 0.1 * ms, says);
    });

  it('a request that meets the close under way: keepalive-race', async function () {
    if (process.getuid?.() !== 0) skip(this, 'no root here');
    const users = { HOW: 'ask again', GAP_MS: '1060', SAYS: ASK };
    const diagnosed = await watched('http', 1000, users);
    const { causes, document } = diagnosed;
    assert.ok(causes('confirmed').includes('keepalive-race'), JSON.stringify(document.seen));
  });

  it('robots of ours that are cut while they stay have failed, each by the clock', async () => {
    await using place = await Place.make();
    await place.serve(serverOf, 9000, { env: { CLOCK: 'idle', MS: '1200' } });
    const load = ['--load', '30', '--kind', 'tcp', '--ramp', '1500ms', '--hold', '2s'];
    const diagnosed = await place.diagnose('--port', '9000', ...load);
    assertConfirmed(diagnosed, 'handshake-timeout');
    assert.equal(diagnosed.document.users?.failed, 30);
  });

  it('robots of http that are cut by an announced idle time have failed', async () => {
    await using place = await Place.make();
    await place.serve(serverOf, 9000, { env: { CLOCK: 'http', MS: '1000' } });
    const { document } = await place.diagnose(
      ...['--port', '9000', '--load', '30', '--kind', 'http', '--ramp', '1500ms', '--hold', '2s'],
    );
    assert.deepEqual(
      document.users?.by.map(({ outcome, stage }) => [outcome, stage]),
      [['eof', 'open']],
    );
  });
});

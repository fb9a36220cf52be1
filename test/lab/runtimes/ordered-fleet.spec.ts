import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetLine, WaitingLine } from '../../../protocol/fleet-events.ts';
import { Fleet, Listener, UPGRADED } from '../../robots/tools.ts';

describe('a fleet in another container', function () {
  this.timeout(30_000);

  const folder = mkdtempSync(join(tmpdir(), 'exchange-'));
  // Read once, when the module is.
  before(() => {
    process.env.EXCHANGE_DIR = folder;
  });
  after(() => {
    delete process.env.EXCHANGE_DIR;
    rmSync(folder, { recursive: true });
  });

  const load = async () => ({
    ...(await import('../../../lab/runtimes/compose/exchange.ts')),
    ...(await import('../../../lab/runtimes/compose/ordered-fleet.ts')),
  });

  it('registers, goes through the phases as it is told to, and ends', async () => {
    const { followers, orderFleet, post } = await load();
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({ ORDERS_DIR: folder, TARGET_PORT: listener.port, ROUNDS: 0 });
    while (followers('robots').length === 0) await sleep(20);
    for (const users of [2, 3]) {
      const lines: (FleetLine | WaitingLine)[] = [];
      const { part } = orderFleet(followers('robots')[0] as string, {
        role: 'robots',
        module: 'robots/main.ts',
        env: { USERS: String(users), COORDINATED: 'stdin' },
        onLine(line) {
          const said = line as FleetLine | WaitingLine;
          lines.push(said);
          if (said.event === 'waiting') part.say?.(said.for);
        },
      });
      assert.deepEqual(await part.ended, { code: 0, signal: null, output: '' });
      assert.equal(lines.filter(({ event }) => event === 'user').length, users);
      assert.equal(lines.at(-1)?.event, 'done');
    }
    post('end.order.json', {});
    assert.equal((await fleet.ended).code, 0);
  });

  it('is known to have gone when it no longer says that it lives', async () => {
    const { watchLife } = await load();
    mkdirSync(join(folder, 'robots-gone'));
    const beat = () => utimesSync(join(folder, 'robots-gone'), new Date(), new Date());
    const heart = setInterval(beat, 50);
    let gone: number | undefined;
    watchLife(
      'robots-gone',
      (silentMs) => {
        gone = silentMs;
      },
      600,
    );
    await sleep(1500);
    assert.equal(gone, undefined, 'it lives');
    clearInterval(heart);
    for (let tries = 0; tries < 100 && gone === undefined; tries++) await sleep(50);
    assert.equal(gone, 600);
  });
});

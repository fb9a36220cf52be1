import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OrderEnd } from '../../robots/orders.ts';
import { Fleet, Listener, Report, UPGRADED } from './tools.ts';

class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'orders-'));

  post(name: string, order: unknown): void {
    const text = typeof order === 'string' ? order : JSON.stringify(order);
    writeFileSync(join(this.path, `${name}.part`), text);
    renameSync(join(this.path, `${name}.part`), join(this.path, `${name}.order.json`));
  }

  report(n: number): Report {
    const text = readFileSync(join(this.path, `${n}.fleet.ndjson`), 'utf8');
    return new Report(
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    );
  }

  end(n: number): OrderEnd {
    return JSON.parse(readFileSync(join(this.path, `${n}.end.json`), 'utf8'));
  }

  async until(name: string): Promise<void> {
    while (!existsSync(join(this.path, name))) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  [Symbol.dispose]() {
    rmSync(this.path, { recursive: true });
  }
}

describe('orders', function () {
  this.timeout(30_000);

  it('are carried out one after another, over the environment, until the end', async () => {
    using folder = new Folder();
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({
      ORDERS_DIR: folder.path,
      TARGET_PORT: listener.port,
      ROUNDS: 0,
      USERS: 2,
    });
    folder.post('1', { USERS: 3, SEED: 4 });
    await folder.until('1.end.json');
    folder.post('2', {});
    folder.post('end', {});
    const { code, stderr, report } = await fleet.ended;
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(report.lines, [], 'nothing on stdout');
    assert.deepEqual(folder.report(1).counts, { 'open open': 3 });
    assert.deepEqual(folder.report(2).counts, { 'open open': 2 });
    assert.equal(folder.report(2).done.asked, 2);
    assert.deepEqual(folder.end(1), { code: 0, signal: null, stderr: '' });
  });

  it('that are wrong are refused, and the next is carried out', async () => {
    using folder = new Folder();
    await using listener = await Listener.answering(UPGRADED);
    folder.post('1', { USERS: 'x' });
    folder.post('2', '[');
    folder.post('3', { USERS: 1 });
    folder.post('end', {});
    await using fleet = new Fleet({ ORDERS_DIR: folder.path, TARGET_PORT: listener.port, ROUNDS: 0 });
    assert.equal((await fleet.ended).code, 0);
    assert.equal(folder.end(1).code, 2);
    assert.match(folder.end(1).stderr, /USERS="x" is not allowed/);
    assert.equal(folder.end(2).code, 2);
    assert.deepEqual(folder.report(3).counts, { 'open open': 1 });
  });

  it('are interrupted by SIGTERM, with all lines', async () => {
    using folder = new Folder();
    await using listener = await Listener.answering(UPGRADED);
    folder.post('1', { USERS: 5, HOLD_MS: 60_000 });
    await using fleet = new Fleet({ ORDERS_DIR: folder.path, TARGET_PORT: listener.port, ROUNDS: 0 });
    await folder.until('1.fleet.ndjson');
    while (!readFileSync(join(folder.path, '1.fleet.ndjson'), 'utf8').includes('settled')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    fleet.child.kill('SIGTERM');
    assert.equal((await fleet.ended).code, 0);
    assert.deepEqual(folder.report(1).counts, { 'open open': 5 });
    assert.equal(folder.report(1).done.interrupted, true);
  });

  it('end after MAX_LIFETIME_S when nobody ends them', async () => {
    using folder = new Folder();
    await using fleet = new Fleet({ ORDERS_DIR: folder.path, MAX_LIFETIME_S: 1 });
    assert.equal((await fleet.ended).code, 0);
  });
});

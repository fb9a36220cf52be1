import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderEnd } from '../../robots/orders.ts';
import { Fleet, Listener, Report, UPGRADED } from './tools.ts';

/** The exchange, and in it the folder of who follows orders on this machine. */
class Folder {
  readonly exchange = mkdtempSync(join(tmpdir(), 'orders-'));
  readonly path = join(this.exchange, `robots-${hostname()}`);

  post(name: string, order: unknown): void {
    const text = typeof order === 'string' ? order : JSON.stringify(order);
    mkdirSync(this.path, { recursive: true });
    writeFileSync(join(this.path, `${name}.part`), text);
    renameSync(join(this.path, `${name}.part`), join(this.path, `${name}.order.json`));
  }

  /** For all who follow orders. */
  end(): void {
    writeFileSync(join(this.exchange, 'end.order.json'), '{}');
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

  endOf(n: number): OrderEnd {
    return JSON.parse(readFileSync(join(this.path, `${n}.end.json`), 'utf8'));
  }

  async until(name: string, says = ''): Promise<void> {
    const file = join(this.path, name);
    while (!existsSync(file) || !readFileSync(file, 'utf8').includes(says)) await sleep(20);
  }

  [Symbol.dispose]() {
    rmSync(this.exchange, { recursive: true });
  }
}

describe('orders', function () {
  this.timeout(30_000);

  it('are carried out one after another, over the environment, until the end', async () => {
    using folder = new Folder();
    await using listener = await Listener.answering(UPGRADED);
    await using fleet = new Fleet({
      ORDERS_DIR: folder.exchange,
      TARGET_PORT: listener.port,
      ROUNDS: 0,
      USERS: 2,
    });
    folder.post('1', { USERS: 3, SEED: 4 });
    await folder.until('1.end.json');
    folder.post('2', {});
    folder.end();
    const { code, stderr, report } = await fleet.ended;
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(report.lines, [], 'nothing on stdout');
    assert.deepEqual(folder.report(1).counts, { 'open open': 3 });
    assert.deepEqual(folder.report(2).counts, { 'open open': 2 });
    assert.equal(folder.report(2).done.asked, 2);
    assert.deepEqual(folder.endOf(1), { code: 0, signal: null, stderr: '' });
  });

  it('that are wrong are refused, and the next is carried out', async () => {
    using folder = new Folder();
    await using listener = await Listener.answering(UPGRADED);
    folder.post('1', { USERS: 'x' });
    folder.post('2', '[');
    folder.post('3', { USERS: 1 });
    folder.end();
    await using fleet = new Fleet({ ORDERS_DIR: folder.exchange, TARGET_PORT: listener.port, ROUNDS: 0 });
    assert.equal((await fleet.ended).code, 0);
    assert.equal(folder.endOf(1).code, 2);
    assert.match(folder.endOf(1).stderr, /USERS="x" is not allowed/);
    assert.equal(folder.endOf(2).code, 2);
    assert.deepEqual(folder.report(3).counts, { 'open open': 1 });
  });

  it('are interrupted by SIGTERM, with all lines', async () => {
    using folder = new Folder();
    await using listener = await Listener.answering(UPGRADED);
    folder.post('1', { USERS: 5, HOLD_MS: 60_000 });
    await using fleet = new Fleet({ ORDERS_DIR: folder.exchange, TARGET_PORT: listener.port, ROUNDS: 0 });
    await folder.until('1.fleet.ndjson', 'settled');
    fleet.child.kill('SIGTERM');
    assert.equal((await fleet.ended).code, 0);
    assert.deepEqual(folder.report(1).counts, { 'open open': 5 });
    assert.equal(folder.report(1).done.interrupted, true);
  });

  it('of a fleet that waits before each phase are carried out with it when its file says so', async () => {
    using folder = new Folder();
    await using listener = await Listener.answering(UPGRADED);
    folder.post('1', { USERS: 2, COORDINATED: 'stdin' });
    await using fleet = new Fleet({ ORDERS_DIR: folder.exchange, TARGET_PORT: listener.port, ROUNDS: 0 });
    const waits = (phase: string) => folder.until('1.fleet.ndjson', `"waiting","for":"${phase}"`);
    await folder.until('1.fleet.ndjson', '"waiting","for":"load","address":"127.0.0.1"');
    await sleep(300);
    assert.equal(listener.sockets.size, 0, 'nobody has come');
    for (const phase of ['load', 'betting', 'done']) {
      await waits(phase);
      appendFileSync(join(folder.path, '1.said'), `${phase}\n`);
    }
    await folder.until('1.end.json');
    folder.end();
    assert.equal((await fleet.ended).code, 0);
    assert.deepEqual(folder.report(1).counts, { 'open open': 2 });
    assert.deepEqual(folder.endOf(1), { code: 0, signal: null, stderr: '' });
  });

  it('are followed in a folder of their own, which says anew that somebody does', async () => {
    using folder = new Folder();
    await using fleet = new Fleet({ ORDERS_DIR: folder.exchange });
    while (!existsSync(folder.path)) await sleep(20);
    const { mtimeMs, mode } = statSync(folder.path);
    assert.equal(mode & 0o777, 0o777, 'another user may leave orders');
    const changed = () => statSync(folder.path).mtimeMs !== mtimeMs;
    for (let tries = 0; tries < 100 && !changed(); tries++) await sleep(50);
    assert.ok(changed());
    fleet.child.kill('SIGKILL');
    await fleet.ended;
    const last = statSync(folder.path).mtimeMs;
    await sleep(500);
    assert.equal(statSync(folder.path).mtimeMs, last);
  });

  it('end after MAX_LIFETIME_S when nobody ends them', async () => {
    using folder = new Folder();
    await using fleet = new Fleet({ ORDERS_DIR: folder.exchange, MAX_LIFETIME_S: 1 });
    assert.equal((await fleet.ended).code, 0);
  });
});

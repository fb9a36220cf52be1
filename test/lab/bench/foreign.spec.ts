import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { readReport, readSummary } from '../../../lab/bench/foreign/tools.ts';
import type { CostLine } from '../../../lab/bench/probe.ts';
import { skipOffLinux } from '../../skip.ts';

const BUSY_MS = 300;
const BYTES = 64 * 2 ** 20;
const BURN = `const end = Date.now() + ${BUSY_MS}; while (Date.now() < end);`;
const FILL = `const kept = Buffer.alloc(${BYTES}, 1); setTimeout(() => kept.length, 100);`;

/** What the wrapper says of this command. */
async function costOf(command: string[]): Promise<{ cost: CostLine | undefined; code: number }> {
  const child = spawn(process.execPath, [join(PROJECT_ROOT, 'lab/bench/foreign/foreign-main.ts')], {
    env: { ...process.env, TOOL: JSON.stringify(command) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  return { cost: text === '' ? undefined : JSON.parse(text), code };
}

describe('bench: the cost of a process that is not ours', () => {
  it("reads k6's summary, in which a counter at 0 is missing", () => {
    const metrics = { left: { count: 3 }, opened_after: { max: 12 }, bets_placed: { count: 3 } };
    assert.deepEqual(readSummary(JSON.stringify({ metrics }), 5), {
      failed: 2,
      settledMs: 12,
      bets: { placed: 3, acked: 0 },
    });
  });

  it("reads artillery's report, in which a counter at 0 is missing", () => {
    const counters = { 'vusers.completed': 4, bets_placed: 5, bets_acked: 4 };
    const summaries = { opened_after: { min: 1, max: 30 } };
    assert.deepEqual(readReport(JSON.stringify({ aggregate: { counters, summaries } }), 6), {
      failed: 2,
      settledMs: 30,
      bets: { placed: 5, acked: 4 },
    });
    const more = { 'vusers.created': 8, 'vusers.completed': 8 };
    assert.equal(readReport(JSON.stringify({ aggregate: { counters: more, summaries } }), 6).failed, 0);
    const none = readReport(JSON.stringify({ aggregate: { counters: {}, summaries: {} } }), 6);
    assert.equal(none.failed, 6);
    assert.ok(Number.isNaN(none.settledMs));
  });

  it('counts a process and its children', async function () {
    skipOffLinux(this, 'what a process costs is read from /proc');
    const inner = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(BURN + FILL)}])`;
    const idle = await costOf([process.execPath, '-e', FILL.replace(`${BYTES}`, '1')]);
    const busy = await costOf([process.execPath, '-e', `${BURN}${inner}`]);
    assert.equal(busy.code, 0);
    const [less, more] = [idle.cost as CostLine, busy.cost as CostLine];
    // A busy loop of wall time gets less CPU than that on a busy machine, but never next to none of it.
    assert.ok(more.cpuMicros > less.cpuMicros, `${more.cpuMicros} > ${less.cpuMicros}`);
    // The parent's memory and its child's, which holds the buffer.
    assert.ok(more.peakRss > less.peakRss + BYTES, `${more.peakRss} > ${less.peakRss} + ${BYTES}`);
  });

  it('passes on how the process ended', async () => {
    assert.equal((await costOf([process.execPath, '-e', 'process.exit(7)'])).code, 7);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import { put, sealed } from '../../../lab/exam/ask.ts';
import { startAll } from '../../../lab/exam/exam.ts';
import { diagonal, matrixOf } from '../../../lab/exam/exam-document.ts';
import { resized } from '../../../lab/exam/questions.ts';
import { seedOf, shuffle } from '../../../lab/exam/shuffle.ts';
import { native } from '../../../lab/runtimes/native.ts';
import { resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

describe('exam: pieces', () => {
  it('the matrix counts answers by truth, and the diagonal', () => {
    const matrix = matrixOf([
      { truth: 'b', answer: 'b' },
      { truth: 'a', answer: 'unknown' },
      { truth: 'b', answer: 'a' },
      { truth: 'b', answer: 'b' },
    ]);
    assert.deepEqual(matrix, { a: { unknown: 1 }, b: { a: 1, b: 2 } });
    assert.deepEqual(Object.keys(matrix), ['a', 'b']);
    assert.equal(diagonal(matrix), 2);
  });

  it('an order by the seed: the same again, another for another', () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    assert.deepEqual(shuffle(items, 7), shuffle(items, 7));
    assert.notDeepEqual(shuffle(items, 7), shuffle(items, 8));
    assert.deepEqual(
      shuffle(items, 7).sort((a, b) => a - b),
      items,
    );
  });

  it('seeds differ by what is asked and how often', () => {
    const seeds = [seedOf(1, 'a', 0), seedOf(1, 'a', 1), seedOf(1, 'b', 0), seedOf(2, 'a', 0)];
    assert.equal(new Set(seeds).size, 4);
    assert.equal(seedOf(1, 'a', 0), seeds[0]);
  });

  it('a size: users and the limits on them change together', () => {
    const scenario = { users: 300, crash_at_users: 150, round_ms: 500, ip_local_port_range: '40000-40199' };
    assert.deepEqual(resized(scenario, 0.8), {
      users: 240,
      crash_at_users: 120,
      round_ms: 500,
      ip_local_port_range: '40000-40159',
    });
  });

  it('a size: a scenario that meets a small limit stays as it is', () => {
    for (const scenario of [{ users: 8, somaxconn: 8 }, { users: 300, nofile: 40 }, { rounds: 1 }])
      assert.deepEqual(resized(scenario, 1.2), scenario);
  });

  it('sealed: the faults that were switched on cannot be read, the rest can', () => {
    const evidence = evidenceOf(parse('room 0 0 0 alive 20 herd none'), 1);
    Object.assign(evidence.asked, { crash_at_users: 150, stall_ms: 3000, nofile: 300, idle_timeout_ms: 500 });
    const { crash_at_users, stall_ms, nofile, idle_timeout_ms } = sealed(evidence).asked;
    assert.deepEqual([crash_at_users, stall_ms, nofile, idle_timeout_ms], [0, 0, 300, 500]);
    assert.equal(evidence.asked.crash_at_users, 150, 'the evidence itself is left as it was');
  });

  it('a run that does not come about is told in one line, and an interrupted one not at all', async () => {
    await using other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const asked = { port, users: 1, rounds: 0 };
    const settings = resolveSettings([], asked);
    const question = { id: 'taken', truth: [], contributing: [], asked, settings };
    const ending = new AbortController();
    const failed: unknown[] = [];
    const onFailed = (error: unknown) => failed.push(error);
    const examiner = { runtime: native, driver: robots, signal: ending.signal, onFailed };
    const one = await put(question, examiner);
    assert.match(one && 'error' in one ? one.error : '', new RegExp(`${port}.*$`));
    assert.equal(failed.length, 1);
    ending.abort();
    assert.equal(await put(question, examiner), undefined);
  });

  it('side by side: never more than asked, all in their order, each with its own end', async () => {
    let now = 0;
    let most = 0;
    const begun: number[] = [];
    const ends = startAll([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      now += 1;
      most = Math.max(most, now);
      await setImmediate();
      now -= 1;
      if (item === 2) throw new Error('two');
      return item * 10;
    });
    assert.equal(ends.length, 5);
    await assert.rejects(ends[1] as Promise<number>, /two/);
    assert.deepEqual(
      (await Promise.allSettled(ends)).map((end) => (end.status === 'fulfilled' ? end.value : null)),
      [10, null, 30, 40, 50],
    );
    assert.deepEqual(begun, [1, 2, 3, 4, 5]);
    assert.equal(most, 2);
  });
});

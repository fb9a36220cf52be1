import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { run } from '../../common/run-command.ts';
import { newLabel } from '../../lab/runtimes/label.ts';
import { startProcess } from '../../lab/runtimes/processes.ts';

const HOUR = 3_600_000;
/** More than any machine is late, and less than a clock is off in here. */
const MUCH = HOUR / 2;

type Clocks = Record<string, number>;

describe('a clock that is told to be off', () => {
  const options = (query: string) =>
    `--import=${pathToFileURL(join(PROJECT_ROOT, 'docker/clock-off.mjs'))}?${query}`;

  /** What a part, and a process that the part has started, take the time for: ms ahead of ours. */
  async function clocksOf(nodeOptions: string): Promise<Clocks> {
    const lines: Clocks[] = [];
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = nodeOptions;
    try {
      const part = startProcess(
        {
          role: 'robots',
          module: 'test/scripts/says-clocks.ts',
          env: {},
          onLine: (line) => lines.push(line as Clocks),
        },
        newLabel(),
        [],
      );
      const { code, output } = await part.ended;
      assert.equal(code, 0, output);
    } finally {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    }
    const now = Date.now();
    return Object.fromEntries(Object.entries(lines[0] as Clocks).map(([name, at]) => [name, at - now]));
  }

  const isNear = (clocks: Clocks, ms: number) => {
    for (const [name, ahead] of Object.entries(clocks))
      assert.ok(Math.abs(ahead - ms) < MUCH, `${name}: ${ahead}`);
    assert.deepEqual(Object.keys(clocks), ['now', 'made', 'text', 'origin', 'written', 'child']);
  };

  it('is off in a part, and in what the part starts, whichever way the time is read', async () => {
    isNear(await clocksOf(options(`ms=${HOUR}`)), HOUR);
    isNear(await clocksOf(options(`ms=-${HOUR}`)), -HOUR);
  });

  it('is off on the machine it is told of, and right on others', async () => {
    isNear(await clocksOf(options(`ms=${HOUR}&on=node2&here=node2`)), HOUR);
    isNear(await clocksOf(options(`ms=${HOUR}&on=node2&here=node1`)), 0);
  });

  it('leaves a date that is given as it is, and a date a date', async () => {
    const says = `[new Date(0).getTime(), new Date(2026, 0).getFullYear(), new Date() instanceof Date, Date.UTC(1970)].join()`;
    const { stdout } = await run(process.execPath, ['-p', says], {
      env: { NODE_OPTIONS: options(`ms=${HOUR}`) },
    });
    assert.equal(stdout.trim(), '0,2026,true,0');
  });

  it('refuses what is no number', async () => {
    const { code, stderr } = await run(process.execPath, ['-e', ''], {
      env: { NODE_OPTIONS: options('ms=soon') },
    });
    assert.equal(code, 1);
    assert.match(stderr, /clock-off: ms=soon; allowed: a whole number of ms/);
  });
});

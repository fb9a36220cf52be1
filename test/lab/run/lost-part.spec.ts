import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { CannotRunError } from '../../../common/errors.ts';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { watchForLoss } from '../../../lab/evidence/lost.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { runMarkdown } from '../../../lab/report/markdowns.ts';
import { reportHtml } from '../../../lab/report/pages.ts';
import { rebuildReport } from '../../../lab/report/rebuild.ts';
import { terminalReport } from '../../../lab/report/terminal.ts';
import { measureEach } from '../../../lab/run/measure.ts';
import type { RunManifest } from '../../../lab/run/run-manifest.ts';
import { runScenario } from '../../../lab/run/scenario.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { startProcess } from '../../../lab/runtimes/processes.ts';
import type { Ending, Part, PartClock, Runtime } from '../../../lab/runtimes/runtime.ts';
import { showed } from '../../../lab/verbs/run-verb.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import type { FleetLine } from '../../../protocol/fleet-events.ts';
import { skipWhenMissing } from '../../skip.ts';
import { scratch } from '../cli/lab.ts';
import { small } from '../runtimes/stage.ts';
import { assertFolder } from '../schemas/documents.ts';

const CLOCKS: PartClock[] = [
  { role: 'gateway', number: 0, where: 'node1', aheadMs: -3, afterMs: -2.9, errorMs: 0.3 },
  { role: 'robots', number: 0, where: 'node1', aheadMs: -3, afterMs: -2.9, errorMs: 0.3 },
  { role: 'robots', number: 1, where: 'node2', aheadMs: 0, errorMs: 0.44 },
];

const GATEWAY_GONE = 'the container abc of gateway on node1 was lost: no sign of life for 10 s';

/**
 * As if each source were a machine; the fleets of `killed`, by their sources, are soon after they have settled. With `gatewayLost` nothing is heard
 * of the gateway from then on.
 */
function farAway(killed: readonly number[], gatewayLost = false): Runtime {
  return {
    ...netns,
    async open(...args) {
      const stage = await netns.open(...args);
      const gone = Promise.withResolvers<Ending>();
      return {
        ...stage,
        clocks: async () => CLOCKS,
        async start(spec) {
          if (spec.role !== 'robots') {
            const part = { ...(await stage.start(spec)), where: 'node1' };
            return gatewayLost && spec.role === 'gateway' ? { ...part, ended: gone.promise } : part;
          }
          const { source = 0 } = spec;
          const begun = Promise.withResolvers<Part>();
          const part = await stage.start({
            ...spec,
            onLine(line) {
              spec.onLine(line);
              const said = line as FleetLine;
              if (said.event === 'phase' && said.phase === 'settled')
                gone.resolve({ code: null, signal: 'gone', output: GATEWAY_GONE });
              if (!killed.includes(source) || said.event !== 'phase' || said.phase !== 'settled') return;
              // Some samples of the observer later.
              void begun.promise.then((one) => setTimeout(() => one.signal('SIGKILL'), 200));
            },
          });
          begun.resolve(part);
          return { ...part, where: `node${source + 1}`, aheadMs: 0 };
        },
      };
    },
  };
}

const settings = (...more: string[]) => small('sources=2', 'users=20', 'nofile=64', 'hold_ms=500', ...more);

describe('a run that loses a part', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const runs = scratch();

  async function run(...more: string[]) {
    const document = await runScenario({
      name: 'lost',
      runtime: farAway([1]),
      driver: robots,
      settings: settings(...more),
      runs: runs(),
      fix: true,
      trace: true,
      page: reportHtml,
    });
    const path = document.path as string;
    return { document, path, read: (name: string) => readFileSync(join(path, name), 'utf8') };
  }

  it('names it, judges the rest, is incomplete, and is the same when it is judged again', async () => {
    const { document, path, read } = await run();
    assert.deepEqual(document.lost, [
      { role: 'robots', number: 2, where: 'node2', how: 'SIGKILL', users: 10 },
    ]);
    assert.equal(document.complete, false);
    assert.equal(showed(document, undefined, false), 1);
    const { asked, open, failed } = document.users;
    assert.deepEqual([asked, open, failed], [20, 10, 0]);
    assert.equal(document.threshold.atLeast, true);
    const says = 'fleet 2 on node2 (SIGKILL): its 10 users are not judged';
    const lines = stripVTControlCharacters(terminalReport(document)).split('\n');
    assert.ok(lines.includes(`lost: ${says}; the run is incomplete`), lines.join('\n'));
    assert.ok(runMarkdown(document).includes('**Incomplete:** lost fleet 2 on node2'));
    assert.ok(read('report.html').includes(`<b>Incomplete:</b> lost ${says}.`));

    const { clocks = [], complete } = JSON.parse(read('manifest.json')) as RunManifest;
    assert.equal(complete, false);
    assert.deepEqual(
      clocks,
      CLOCKS.map((clock) => ({ ...clock, number: clock.number + 1 })),
    );
    const { parts } = document;
    const { fleets = [], skewMs } = parts ?? {};
    assert.deepEqual(parts?.clocks, clocks);
    assert.deepEqual(
      fleets.map(({ users }) => [users.open, users.failed]),
      [
        [10, 0],
        [0, 0],
      ],
    );
    assert.deepEqual([fleets[1]?.firstConnectAt, skewMs], [undefined, undefined], 'it told of nobody');
    assert.deepEqual(
      [document.trace?.available, document.trace?.why],
      [false, 'the parts are on other machines than the lab'],
    );

    assertFolder(path);
    const { files } = rebuildReport(path);
    assert.equal(files['verdict.json'], read('verdict.json'));
    assert.equal(files['report.html'], read('report.html'));
  });

  it('with failures of the rest: their cause is confirmed, and a fix that is not shown by all is not shown', async () => {
    const { document } = await run('nofile=30');
    const { fix, threshold, verdicts } = document;
    assert.equal(threshold.atLeast, true, 'who was lost may have been let in');
    assert.equal(verdicts.find(({ cause }) => cause === 'fd-exhaustion')?.verdict, 'confirmed');
    assert.match(
      fix?.error ?? '',
      /^robots: lost fleet 2 on node2 \(SIGKILL\): its 10 users are not judged$/,
    );
  });

  it('with failures of the rest, and nobody saw what they had met: no cause is ruled out, or named, for what the lost ones may have held', async () => {
    const [evidence] = await measureEach({
      runtime: farAway([1]),
      driver: robots,
      settings: settings('nofile=30'),
      label: newLabel(),
      partial: true,
    });
    const { observer } = evidence as Evidence;
    observer.series = observer.series.filter(({ descriptors = 0 }) => descriptors < 30);
    const verdicts = judge(drawFacts(evidence as Evidence), CAUSES);
    const failed = verdicts.filter(({ explains }) => explains > 0);
    assert.deepEqual(
      failed.map(({ cause }) => cause),
      ['unknown'],
    );
    assert.equal(verdicts.find(({ cause }) => cause === 'fd-exhaustion')?.verdict, 'insufficient-data');
  });

  it('its gateway: that fails users like any other end of it, and says where it was', async () => {
    const { document, read } = await run('crash_at_users=5');
    const crash = document.verdicts.find(({ cause }) => cause === 'gateway-crash');
    assert.equal(crash?.verdict, 'confirmed');
    assert.ok(crash.for.some(({ says }) => /ended during the load: exit code \d+, on node1/.test(says)));
    assert.match(read('samples.ndjson'), /"event":"gateway-exit".*"where":"node1"/);
  });

  it('its observer: says where it was', async () => {
    const evidence = noEvidence({
      host: { os: 'linux', kernel: '0', node: 'v0' },
      runtime: 'swarm',
      driver: 'robots',
      exclusive: true,
      asked: settings().values,
    });
    const part = startProcess(
      { role: 'observer', module: 'robots/main.ts', env: { USERS: 'x' }, onLine() {} },
      newLabel(),
      [],
    );
    watchForLoss({ ...part, where: 'node1' }, evidence);
    await part.ended;
    assert.match(evidence.observer.lost?.how ?? '', /^exit code 2: robots: .*, on node1$/);
  });

  it('where all of it is to be known, or nothing is left of it: throws', async () => {
    const measure = (killed: number[], partial: boolean) =>
      measureEach({
        runtime: farAway(killed),
        driver: robots,
        settings: settings(),
        label: newLabel(),
        partial,
      });
    await assert.rejects(measure([0], false), (error: Error) => {
      assert.ok(error instanceof CannotRunError);
      assert.equal(error.message, 'robots: lost fleet 1 on node1 (SIGKILL): its 10 users are not judged');
      return true;
    });
    await assert.rejects(measure([0, 1], true), /^CannotRunError: robots: no result: ended with SIGKILL$/);
  });

  it('loses the gateway: it is named, and the run is incomplete though all users are told of', async () => {
    const document = await runScenario({
      name: 'lost',
      runtime: farAway([], true),
      driver: robots,
      settings: settings(),
      runs: null,
      fix: false,
    });
    assert.deepEqual(document.lost, [
      { role: 'gateway', number: 1, where: 'node1', how: GATEWAY_GONE, users: 0 },
    ]);
    assert.deepEqual([document.complete, document.users.open], [false, 20]);
    const lines = stripVTControlCharacters(terminalReport(document)).split('\n');
    const says = `lost: gateway 1 on node1 (${GATEWAY_GONE}): what it did since is not known; the run is incomplete`;
    assert.ok(lines.join(' ').replace(/\s+/g, ' ').includes(says), lines.join('\n'));
  });

  it('loses none: how far apart its fleets began, as well as the clocks are known', async () => {
    const evidences = await measureEach({
      runtime: farAway([]),
      driver: robots,
      settings: settings(),
      label: newLabel(),
    });
    assert.deepEqual(evidences[0]?.clocks, CLOCKS);
    assert.equal(evidences[0]?.lostParts, undefined);
  });
});

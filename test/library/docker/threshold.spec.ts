import assert from 'node:assert/strict';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import {
  GatewayContainer,
  type StartedGatewayContainer,
  type TrialResult,
  threshold,
} from '../../../library/index.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { foreignImage } from '../image.ts';

/** A search at a time: the one of nginx is with the other seeds. */
const it = oneIn(2);

const NOFILE = 64;

describe('library: threshold of a server that is not our gateway, on docker', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  let image: Awaited<ReturnType<typeof foreignImage>>;
  let server: StartedGatewayContainer;

  before(async () => {
    image = await foreignImage();
    server = await new GatewayContainer(image.name).withNofile(NOFILE).start();
  });

  after(async () => {
    await server?.stop();
    await image?.[Symbol.asyncDispose]();
  });

  it('is nofile − descriptors at rest, to the user, with how the next one fails', async () => {
    const atRest = Number((await server.exec(['sh', '-c', 'ls /proc/1/fd | wc -l'])).output);
    const seen: TrialResult[] = [];
    const found = await threshold(server, {
      kind: 'http',
      upTo: 500,
      holdMs: 300,
      onTrial: (trial) => seen.push(trial),
    });
    assert.equal(found.sustained, NOFILE - atRest);
    assert.deepEqual([found.failsAt, found.atLeast], [NOFILE - atRest + 1, false]);
    assert.equal(found.limit, 'capacity');
    assert.deepEqual([found.limitedBy, found.settings.nofile], ['nofile', NOFILE]);
    assert.ok(found.failures.length > 0);
    for (const { outcome, stage } of found.failures) assert.deepEqual([outcome, stage], ['reset', 'upgrade']);
    assert.deepEqual(seen, found.trials);
  });

  it('is at least so many when nobody fails', async () => {
    const found = await threshold(server, { kind: 'tcp', upTo: 5, holdMs: 300 });
    const { sustained, atLeast, failsAt, failures, limitedBy } = found;
    assert.deepEqual(
      { sustained, atLeast, failsAt, failures, limitedBy },
      { sustained: 5, atLeast: true, failsAt: null, failures: [], limitedBy: 'nothing' },
    );
  });

  it('ends early with the reason of its signal', async () => {
    const abort = new AbortController();
    const options = { kind: 'http', upTo: 500, holdMs: 60_000, signal: abort.signal } as const;
    const search = threshold(server, options);
    setTimeout(() => abort.abort(new Error('enough')), 1500);
    await assert.rejects(search, /^Error: enough$/);
  });
});

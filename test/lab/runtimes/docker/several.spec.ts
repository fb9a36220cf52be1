import assert from 'node:assert/strict';
import { robots } from '../../../../lab/drivers/robots-driver.ts';
import { judgeEach } from '../../../../lab/run/judged.ts';
import { measureEach } from '../../../../lab/run/measure.ts';
import { verdictDocument } from '../../../../lab/run/verdict-document.ts';
import { dockerClient, RUN_LABEL } from '../../../../lab/runtimes/docker/client.ts';
import { docker } from '../../../../lab/runtimes/docker/docker.ts';
import { newLabel } from '../../../../lab/runtimes/label.ts';
import { skipWhenMissing } from '../../../skip.ts';
import { assertDocument, asWritten } from '../../schemas/documents.ts';
import { small } from '../stage.ts';

describe('several gateways and sources on docker', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);

  it('each gateway is a container, and each source has its ports for each: 16 of 20 users', async () => {
    const settings = small(
      'gateways=2',
      'sources=2',
      'users=20',
      'ip_local_port_range=40000-40003',
      'somaxconn=64',
    );
    await docker.check(settings);
    const label = newLabel();
    const evidences = await measureEach({ runtime: docker, driver: robots, settings, label });
    const judged = judgeEach(evidences);
    const document = verdictDocument('run', judged, null, null);
    assertDocument('verdict', asWritten(document));
    const { users, threshold, parts, complete } = document;
    assert.ok(complete);
    assert.deepEqual([users.open, users.failed], [16, 4], JSON.stringify(users.by));
    assert.deepEqual([threshold.measured, threshold.predicted], [16, 16]);
    assert.deepEqual(
      parts?.fleets.map((fleet) => [fleet.gateway, fleet.source, fleet.users.open]),
      [
        [1, 1, 4],
        [1, 2, 4],
        [2, 1, 4],
        [2, 2, 4],
      ],
    );
    assert.deepEqual(
      evidences.map(({ observer }) => observer.before?.sysctls.somaxconn),
      ['64', '64'],
      'in each namespace',
    );
    const { cause, explains } =
      judged.verdicts.find(({ verdict, explains }) => verdict === 'confirmed' && explains > 0) ?? {};
    assert.deepEqual([cause, explains], ['ephemeral-ports', 4]);
    const client = dockerClient();
    const filters = { label: [`${RUN_LABEL}=${label}`] };
    assert.deepEqual(await client.listContainers({ all: true, filters }), []);
    assert.deepEqual(await client.listNetworks({ filters }), []);
  });
});

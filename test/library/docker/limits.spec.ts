import assert from 'node:assert/strict';
import { Network } from 'testcontainers';
import { UsageError } from '../../../common/errors.ts';
import { dockerClient, RUN_LABEL } from '../../../lab/runtimes/docker/client.ts';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { GatewayContainer } from '../../../library/gateway-container.ts';
import { NotSustainedError, sustains } from '../../../library/sustains.ts';
import { threshold } from '../../../library/threshold.ts';
import type { TrialResult } from '../../../library/trial.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { foreignImage } from '../image.ts';

const it = oneIn(3);

describe('library: GatewayContainer, on docker', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  let image: Awaited<ReturnType<typeof foreignImage>>;

  before(async () => {
    image = await foreignImage();
  });

  after(async () => {
    await image?.[Symbol.asyncDispose]();
  });

  it('really has its limits, publishes nothing, and leaves nothing behind', async () => {
    const container = await new GatewayContainer(image.name)
      .withNofile(99)
      .withSomaxconn(77)
      .withSynBacklog(66)
      .withAbortOnOverflow()
      .withSyncookies(0)
      .withSysctls({ 'net.ipv4.tcp_fin_timeout': 7 })
      .withCpus(0.5)
      .withMemory(256)
      .start();
    const { label } = container.surroundings;
    try {
      const read = async (path: string) => (await container.exec(['cat', path])).output.trim();
      assert.match(await read('/proc/1/limits'), /^Max open files\s+99\s+99\s/m);
      const sysctls = {
        'core/somaxconn': '77',
        'ipv4/tcp_max_syn_backlog': '66',
        'ipv4/tcp_abort_on_overflow': '1',
        'ipv4/tcp_syncookies': '0',
        'ipv4/tcp_fin_timeout': '7',
      };
      for (const [name, value] of Object.entries(sysctls))
        assert.equal(await read(`/proc/sys/net/${name}`), value, name);
      const { HostConfig, NetworkSettings } = await dockerClient().getContainer(container.getId()).inspect();
      assert.deepEqual([HostConfig.NanoCpus, HostConfig.Memory], [5e8, 256 * 1024 ** 2]);
      assert.deepEqual(
        Object.values(NetworkSettings.Ports ?? {}).flatMap((port) => port ?? []),
        [],
      );
      const network = await dockerClient().getNetwork(container.getListenNetwork()).inspect();
      assert.equal(network.Internal, true);
      assert.match(container.getListenHost(), /^\d+(\.\d+){3}$/);

      // The server's own, not what was asked for.
      const { settings } = await sustains(container, 1, { kind: 'tcp', holdMs: 100 });
      assert.deepEqual(
        [settings.nofile, settings.somaxconn, settings.tcp_max_syn_backlog, settings.tcp_fin_timeout],
        [99, 77, 66, 7],
      );
    } finally {
      await container.stop();
    }
    const filters = { label: [`${RUN_LABEL}=${label}`] };
    assert.deepEqual(await dockerClient().listContainers({ all: true, filters }), []);
    assert.deepEqual(await dockerClient().listNetworks({ filters }), []);
  });

  it('holds nofile − descriptors at rest users; one more fails, with the diagnosis as the message', async () => {
    await using container = await new GatewayContainer(image.name).withNofile(64).start();
    const atRest = Number((await container.exec(['sh', '-c', 'ls /proc/1/fd | wc -l'])).output);
    const room = 64 - atRest;
    const held = await sustains(container, room, { kind: 'http' });
    assert.deepEqual(
      [held.open, held.failed, held.limitedBy, held.peak.descriptors],
      [room, 0, 'nothing', 64],
    );
    await assert.rejects(sustains(container, room + 1, { kind: 'http' }), (error: Error) => {
      assert.ok(error instanceof NotSustainedError);
      assert.deepEqual([error.trial.open, error.trial.failed, error.trial.limitedBy], [room, 1, 'nofile']);
      const says = new RegExp(
        `^${room + 1} users requested, ${room} open, 1 failed \\(http, all at once\\)\n` +
          '  1 × reset in upgrade \\((ECONNRESET|EPIPE)\\).*\n' +
          '  limited by: nofile \\(all 64 descriptors of the server in use\\)\n[^]*' +
          '  Tcp OutRsts: \\d+ → \\d+ \\(/proc/net/snmp of the server\\)\n[^]*' +
          '  in force: nofile 64, ',
      );
      assert.match(error.message, says);
      return true;
    });
  });

  it('holds min(backlog, somaxconn) + 1 users when the server does not accept, and says what it was', async () => {
    await using container = await new GatewayContainer(image.name)
      .withEnvironment({ BLOCKED: '1', BACKLOG: '9' })
      .withSomaxconn(4)
      .start();
    const load = { kind: 'tcp', connectTimeoutMs: 900, holdMs: 100, settleMs: 2000 } as const;
    // A busy machine takes longer until it is watched.
    await assert.rejects(sustains(container, 12, { ...load, settleMs: 3000 }), (error: Error) => {
      assert.ok(error instanceof NotSustainedError);
      const { open, failures, limitedBy, peak, left } = error.trial;
      assert.deepEqual([open, limitedBy, peak.acceptQueue, left], [5, 'accept-queue', 5, 5]);
      assert.deepEqual(
        failures.map(({ outcome, stage, count }) => [outcome, stage, count]),
        [['timeout', 'connect', 7]],
      );
      assert.match(error.message, /TcpExt ListenOverflows: 0 → \d+ \(\/proc\/net\/netstat of the server\)/);
      return true;
    });
    await assert.rejects(
      sustains(container, 1, load),
      /^Error: the server still has 5 open connections on port 8080 after 2000 ms with no user: restart it$/,
    );
    const signal = AbortSignal.timeout(1000);
    await assert.rejects(sustains(container, 1, { ...load, settleMs: 10_000, signal }), /^TimeoutError: /);
    await container.restart({ timeout: 0 });
    assert.equal((await sustains(container, 5, load)).open, 5);
  });

  it('a server of several processes: what bounds it is the nofile of those that hold the connections', async () => {
    const [first, each] = [1024, 64];
    await using container = await new GatewayContainer(image.name)
      .withCommand(['node', '/cluster.mjs'])
      .withEnvironment({ WORKER_NOFILE: String(each) })
      .withNofile(first)
      .start();
    const load = { kind: 'http', connectTimeoutMs: 3000, settleMs: 2000 } as const;
    const held = await sustains(container, 20, load);
    assert.deepEqual([held.limitedBy, held.says, held.settings.nofile], ['nothing', undefined, each]);
    const atRest = 'for pid in $(cat /proc/1/task/1/children); do ls /proc/$pid/fd; done | wc -l';
    const room = 2 * each - Number((await container.exec(['sh', '-c', atRest])).output);
    // Its workers lose what they have no descriptor for, and take no more: there is no second load.
    const stop = new AbortController();
    let trial: TrialResult | undefined;
    const onTrial = (one: TrialResult) => {
      trial = one;
      stop.abort(new Error('enough'));
    };
    await assert.rejects(threshold(container, { ...load, onTrial, signal: stop.signal }), /^Error: enough$/);
    assert.ok(trial);
    assert.equal(trial.users, room + 8, 'the first load is just above what the workers have room for');
    assert.deepEqual(
      [trial.limitedBy, trial.settings.nofile, trial.peak.descriptors],
      ['nofile', each, each],
    );
    assert.equal(trial.says, "all 64 descriptors of one of the server's 3 processes in use");
  });

  it('is loaded over a network that was there before, as another user, and leaves the network alone', async () => {
    await using network = await new Network().start();
    {
      await using container = await new GatewayContainer(image.name)
        .withNetwork(network)
        .withNetworkAliases('server')
        .withUser('1000')
        .withNofile(80)
        .start();
      assert.equal(container.getListenNetwork(), network.getName());
      const { open, settings, peak } = await sustains(container, 5, { kind: 'http', holdMs: 300 });
      assert.deepEqual([open, settings.nofile], [5, 80]);
      assert.ok(peak.descriptors > 5, 'the descriptors of a process of any user are seen');
    }
    const { Containers = {} } = await dockerClient().getNetwork(network.getId()).inspect();
    assert.deepEqual(Containers, {});
  });

  it('names the setting that the engine refuses', async () => {
    const start = (container: GatewayContainer) => container.start().then((started) => started.stop());
    const bad = { 'net.core.resetlab_no_such': 1 };
    for (const [container, name] of [
      [new GatewayContainer(image.name).withSysctls(bad), 'net.core.resetlab_no_such=1'],
      [new GatewayContainer(image.name).withNofile(1_073_741_816), 'nofile=1073741816'],
      [new GatewayContainer(image.name).withCpus(1024), 'cpus=1024'],
    ] as const) {
      await assert.rejects(start(container), (error: Error) => {
        assert.ok(error instanceof UsageError, error.message);
        assert.ok(error.message.startsWith(`${name}: this engine or kernel refuses it (`), error.message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    }
    assert.deepEqual(await count(), [0, 0]);
  });

  it('waits for a server that takes its time to listen', async () => {
    await using container = await new GatewayContainer(image.name)
      .withCommand(['sh', '-c', 'sleep 3; exec node /server.mjs'])
      .start();
    assert.equal((await sustains(container, 1, { kind: 'http', holdMs: 100 })).open, 1);
  });

  it('says so when the server has ended', async () => {
    await using container = await new GatewayContainer(image.name).start();
    await dockerClient().getContainer(container.getId()).kill();
    await assert.rejects(
      sustains(container, 1, { kind: 'tcp' }),
      /^CannotRunError: the watch cannot begin \(.*\): has the server ended\?$/,
    );
  });

  it('says so when nobody listens on the port, and removes what it made', async () => {
    await assert.rejects(
      new GatewayContainer(image.name).withListenPort(9).withStartupTimeout(1500).start(),
      /^Error: the server does not listen on port 9 after 1500 ms: see withListenPort$/,
    );
    assert.deepEqual(await count(), [0, 0]);
  });
});

/** Containers and networks that this process made and that are still there. */
async function count(): Promise<number[]> {
  const filters = { label: [RUN_LABEL] };
  const ours = ({ Labels }: { Labels?: Record<string, string> | undefined }) =>
    Labels?.[RUN_LABEL]?.startsWith(`resetlab.${process.pid}.`);
  const containers = await dockerClient().listContainers({ all: true, filters });
  const networks = await dockerClient().listNetworks({ filters });
  return [containers.filter(ours).length, networks.filter(ours).length];
}

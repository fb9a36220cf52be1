import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { effectiveSettings } from '../../../lab/run/effective-settings.ts';
import { measure } from '../../../lab/run/measure.ts';
import { startGateway } from '../../../lab/run/start-gateway.ts';
import { dockerClient, RUN_LABEL } from '../../../lab/runtimes/docker/client.ts';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { SOURCES } from '../../../lab/runtimes/docker/image.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { cleanEnvironment, scratch } from '../cli/lab.ts';
import { measured, small } from './stage.ts';

/** Those with containers, or an image. */
const drawn = oneIn(2);

describe('settings on docker', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);

  drawn(
    "limits of the gateway's container and sysctls of the robots' namespace are read back where they act",
    async () => {
      const evidence = await measured(
        docker,
        'cpus=0.75',
        'memory_mb=300',
        'tcp_syn_retries=3',
        'tcp_tw_reuse=1',
        'tcp_synack_retries=2',
      );
      const { cpus, memory_mb, tcp_syn_retries, tcp_tw_reuse, tcp_synack_retries } =
        effectiveSettings(evidence);
      assert.deepEqual(
        { cpus, memory_mb, tcp_syn_retries, tcp_tw_reuse, tcp_synack_retries },
        { cpus: 0.75, memory_mb: 300, tcp_syn_retries: 3, tcp_tw_reuse: 1, tcp_synack_retries: 2 },
      );
      assert.equal(
        evidence.observer.before?.sysctls.tcp_syn_retries,
        '6',
        "the gateway's namespace has its own",
      );
    },
  );

  drawn('the link is delayed beside a stopped gateway, and the helper is gone', async () => {
    const settings = small('link_delay_ms=5');
    await docker.check(settings);
    await using stage = await docker.open(settings, newLabel());
    const { part } = await startGateway(stage, settings.values, () => {});
    await part.signal('SIGSTOP');
    assert.ok(['netem', 'tbf'].includes(await stage.delayLink(5)));
    await part.signal('SIGCONT');
    const containers = await dockerClient().listContainers({ all: true, filters: { label: [RUN_LABEL] } });
    const ours = containers.filter(({ Labels }) => Labels[RUN_LABEL]?.startsWith(`resetlab.${process.pid}.`));
    assert.equal(ours.length, 1, 'the gateway alone');
  });

  drawn('users come through a published port of the loopback, and the gateway has them', async () => {
    const evidence = await measured(docker, 'via=published');
    assert.deepEqual([evidence.fleet.done?.open, evidence.fleet.done?.failed], [4, 0]);
    const { proxy } = evidence;
    // An engine elsewhere, or one without userland-proxy, shows none.
    if (proxy) assert.equal(proxy.listening, true);
    const facts = drawFacts(evidence);
    assert.deepEqual([facts.proxy?.connected, facts.proxy?.arrived], [4, 4]);
  });

  drawn("the kernel's trace reaches into containers, or says why not", async function () {
    const settings = small('nofile=64', 'users=80');
    await docker.check(settings);
    const { trace, fleet } = await measure({
      runtime: docker,
      driver: robots,
      settings,
      label: newLabel(),
      trace: true,
    });
    const reset = fleet.users.filter(({ outcome }) => outcome === 'reset');
    assert.ok(reset.length > 0);
    if (!trace?.available) skip(this, trace?.why ?? 'no trace');
    const ports = trace.resets.filter(({ from }) => from === 'gateway').map(({ port }) => port);
    for (const { port } of reset) assert.ok(ports.includes(port), `port ${port}`);
  });

  for (const [item, allowed] of [
    ['cpus=9999', /^--set: cpus=9999: this Docker engine has \d+ CPUs; allowed: 0.01 to \d+, or 0$/],
    [
      'via=published ip_local_port_range=40000-40999',
      /^--set: ip_local_port_range=\S+: users of a published port are in the host's network/,
    ],
    ['memory_mb=5', /^--set: memory_mb=5: too little for a Docker engine; allowed: 6 or more, or 0$/],
  ] as const) {
    it(`${item} is refused by name, before anything starts`, async () => {
      await assert.rejects(docker.check(small(...item.split(' '))), (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, allowed);
        return true;
      });
    });
  }
});

describe('an image that is being built', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  const folder = scratch();

  /** Sources that no engine has an image of yet. */
  function freshSources(): string {
    const copy = mkdtempSync(join(folder(), 'sources-'));
    for (const path of [...SOURCES, 'scripts'])
      cpSync(join(PROJECT_ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(copy, 'node_modules'));
    writeFileSync(join(copy, 'docker/fresh'), String(Math.random()));
    return join(copy, 'lab/cli.ts');
  }

  drawn(
    'Ctrl-C ends the building: 130, nothing on stdout, no run folder, no image and nothing that goes on',
    async () => {
      const cli = freshSources();
      const runs = join(folder(), 'runs');
      const args = [cli, 'run', '--runtime', 'docker', '--users', '3', '--json', '--runs', runs];
      const child = spawn(process.execPath, args, {
        env: cleanEnvironment(),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = { stdout: '', stderr: '' };
      let image: string | undefined;
      for (const name of ['stdout', 'stderr'] as const)
        child[name].setEncoding('utf8').on('data', (text: string) => {
          said[name] += text;
          image ??= /^building (resetlab:\w+)$/m.exec(said.stderr)?.[1];
          if (image && !child.killed) child.kill('SIGINT');
        });
      const [code] = await once(child, 'close').finally(() => child.kill('SIGKILL'));
      assert.equal(code, 130, said.stderr);
      assert.equal(said.stdout, '');
      assert.match(said.stderr, /^lab: interrupted \(SIGINT\) before there was a result$/m);
      assert.equal(existsSync(runs), false);
      const engine = dockerClient();
      assert.deepEqual(await engine.listImages({ filters: { reference: [image as string] } }), []);
    },
  );

  drawn(
    'goes on for the others that wait for it when one of them gives up, and ends with the last',
    async () => {
      const cli = freshSources();
      const script = `
      const { ensureImage } = await import(${JSON.stringify(join(dirname(cli), 'runtimes/docker/image.ts'))});
      const { dockerClient } = await import(${JSON.stringify(join(dirname(cli), 'runtimes/docker/client.ts'))});
      const [one, other] = [new AbortController(), new AbortController()];
      const waits = [one, other].map(({ signal }) => ensureImage(dockerClient(), signal).then(() => 'there', ({ name }) => name));
      const { write } = process.stderr;
      process.stderr.write = (text) => { if (String(text).startsWith('building')) one.abort(); return true };
      const first = await waits[0];
      const still = await Promise.race([waits[1], new Promise((go) => setTimeout(go, 100, 'waiting'))]);
      other.abort();
      console.log(first, still, await waits[1]);`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        env: cleanEnvironment(),
        timeout: 60_000,
      });
      assert.equal(stdout, 'AbortError waiting AbortError\n');
    },
  );
});

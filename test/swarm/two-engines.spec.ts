import assert from 'node:assert/strict';
import { once } from 'node:events';
import type Docker from 'dockerode';
import { retryUntil } from '../../common/waiting.ts';
import { dockerClient } from '../../lab/runtimes/docker/client.ts';
import { ensureImage } from '../../lab/runtimes/docker/image.ts';
import { ROOT, start } from '../scripts/tools.ts';
import { onTwoEngines } from './cannot.ts';
import { clockOff } from './clock-off.ts';
import { remainsOf, removeLeft } from './removal.ts';
import { TwoEngines } from './two-engines.ts';

const HOUR = 3_600_000;
const PORT = 8080;
const SERVICE = 'echo';

/** What each replica tells of itself, and takes its own clock to say. */
interface Told {
  node: string;
  nofile: string;
  somaxconn: string;
  clock: number;
}

const REPLICA = `
  const { readFileSync } = require('node:fs');
  const [, nofile] = /^Max open files +(\\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  const somaxconn = readFileSync('/proc/sys/net/core/somaxconn', 'utf8').trim();
  require('node:http')
    .createServer((_, answer) => answer.end(JSON.stringify({ node: process.env.NODE, nofile, somaxconn, clock: Date.now() })))
    .listen(${PORT});`;

/** Asks each replica that the name has; prints what those say that answer within 1 s. */
const ASK_ALL = `
  const get = (address) => fetch('http://' + address + ':${PORT}', { signal: AbortSignal.timeout(1000) }).then((got) => got.json());
  const addresses = await require('node:dns').promises.resolve4('${SERVICE}');
  const answers = await Promise.allSettled(addresses.map(get));
  console.log(JSON.stringify(answers.flatMap(({ value }) => value ?? [])));
  // Else it would wait until a connection that nobody answers is given up.
  process.exit();`;

describe('two engines', function () {
  this.timeout(60_000);
  onTwoEngines();
  let image: string;
  let engines: TwoEngines;

  before(async () => {
    image = await ensureImage(dockerClient());
    engines = await TwoEngines.start({ image });
    const { id } = await engines.manager.createNetwork({
      Name: 'arena',
      Driver: 'overlay',
      Internal: true,
      CheckDuplicate: true,
    });
    await engines.manager.createService(service(image, id));
  });

  after(() => engines?.[Symbol.asyncDispose]());

  it('are a swarm, and each has the image', async () => {
    const nodes = await engines.manager.listNodes();
    const told = nodes.map(({ Description, Status, Spec }) => [
      Description?.Hostname,
      Status?.State,
      Spec?.Role,
    ]);
    assert.deepEqual(told.sort(), [
      ['node1', 'ready', 'manager'],
      ['node2', 'ready', 'worker'],
    ]);
    for (const docker of [engines.manager, engines.worker]) {
      await docker.getImage(image).inspect();
      // It does not go with the swarm: the end of the scope fails where it stays.
      await docker.getNetwork('docker_gwbridge').inspect();
    }
  });

  it('have a service between them: one name, limits and sysctls that hold on both, and a clock that is off on one', async () => {
    const told = await allAnswer();
    assert.deepEqual(
      told.map(({ clock: _, ...rest }) => rest),
      ['node1', 'node2'].map((node) => ({ node, nofile: '777', somaxconn: '1234' })),
    );
    const [one = 0, two = 0] = told.map(({ clock }) => clock);
    assert.ok(two - one > HOUR / 2, `${one} ${two}`);
  });

  it('hear nothing of each other while the network is cut, and do again when it is mended', async () => {
    await engines.cut();
    assert.deepEqual(nodesOf(await ask()), ['node1']);
    await engines.mend();
    await allAnswer();
  });

  it('leave one when the other goes with all that ran on it', async () => {
    await engines.stopNode(1);
    await assert.rejects(engines.worker.ping());
    assert.deepEqual(nodesOf(await ask()), ['node1']);
  });

  it('are gone with all that was theirs at the end of the scope', async () => {
    const { label } = engines;
    assert.notDeepEqual(remainsOf(label), []);
    await engines[Symbol.asyncDispose]();
    assert.deepEqual(remainsOf(label), []);
  });

  it('end with a test run that is killed; the next one removes what that has left', async () => {
    const script = `
      const { TwoEngines } = await import('${ROOT}/test/swarm/two-engines.ts');
      console.log((await TwoEngines.start()).label);
      setInterval(() => {}, 1000);`;
    const { child, printed, ended } = start(process.execPath, ['--input-type=module', '-e', script]);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    const label = printed.stdout.trim();
    child.kill('SIGKILL');
    await ended;
    removeLeft();
    assert.deepEqual(remainsOf(label), []);
  });

  const nodesOf = (told: Told[]) => told.map(({ node }) => node);

  /** Asks from node1; sorted by node. */
  async function ask(): Promise<Told[]> {
    const [found] = await engines.manager.listContainers({
      filters: { label: [`com.docker.swarm.service.name=${SERVICE}`] },
    });
    if (found === undefined) return [];
    const said = await runIn(engines.manager.getContainer(found.Id), [
      'node',
      '--input-type=commonjs',
      '-e',
      `(async () => {${ASK_ALL}})()`,
    ]);
    const told: Told[] = said.startsWith('[') ? JSON.parse(said) : [];
    return told.sort((a, b) => a.node.localeCompare(b.node));
  }

  async function allAnswer(): Promise<Told[]> {
    const both = async () => {
      const told = await ask();
      return told.length === 2 ? told : undefined;
    };
    return (
      (await retryUntil(both, { everyMs: 100, forMs: 30_000 })) ?? assert.fail('not both replicas answer')
    );
  }
});

/** One replica on each node, found by one name without a virtual address. */
function service(image: string, network: string): Docker.CreateServiceOptions {
  return {
    Name: SERVICE,
    Mode: { Replicated: { Replicas: 2 } },
    EndpointSpec: { Mode: 'dnsrr' },
    TaskTemplate: {
      Networks: [{ Target: network }],
      Placement: { MaxReplicas: 1 },
      RestartPolicy: { Condition: 'none' },
      ContainerSpec: {
        Image: image,
        Command: ['node', '-e', REPLICA],
        Env: ['NODE={{.Node.Hostname}}', `NODE_OPTIONS=${clockOff('node2', HOUR)}`],
        Sysctls: { 'net.core.somaxconn': '1234' },
        Ulimits: [{ Name: 'nofile', Soft: 777, Hard: 777 }],
      },
    },
  } as Docker.CreateServiceOptions;
}

/** Runs a command in a container to its end; gives what it printed. */
async function runIn(container: Docker.Container, command: string[]): Promise<string> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true });
  const stream = await exec.start({ hijack: true, Tty: true } as Docker.ExecStartOptions);
  let said = '';
  stream.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(stream, 'end');
  return said;
}

import assert from 'node:assert/strict';
import type Docker from 'dockerode';
import { lastLine, run } from '../../common/run-command.ts';
import { retryUntil } from '../../common/waiting.ts';
import { dockerClient } from '../../lab/runtimes/docker/client.ts';
import { ensureImage } from '../../lab/runtimes/docker/image.ts';
import { startLab } from '../lab/cli/lab.ts';
import { WHOLE } from '../whole.ts';
import { onTwoEngines } from './cannot.ts';
import { clockOff } from './clock-off.ts';
import { TwoEngines } from './two-engines.ts';

/** So much is the clock of node2 ahead for all labs over these engines, ms. */
export const AHEAD_MS = 3000;

/** An engine's own networks, and those of a swarm. */
const USUAL = new Set(['bridge', 'host', 'none', 'docker_gwbridge', 'ingress']);

/** What a manager has removed goes from another node when that hears of it. */
const GONE_MS = 20_000;

let shared: Promise<TwoEngines> | undefined;

// Of the root suite: it follows all specs that have used them.
after(async function () {
  this.timeout(30_000);
  await (await shared)?.[Symbol.asyncDispose]();
  shared = undefined;
});

/** Two engines for the suite around it, and for all others of this process. They are one swarm, and after each test nothing may be left on them. */
export function onSharedEngines(): () => TwoEngines {
  let engines: TwoEngines;
  onTwoEngines();
  before(async function () {
    this.timeout(180_000);
    shared ??= startEngines();
    engines = await shared;
  });
  afterEach(() => assertNothingLeft(engines));
  return () => engines;
}

/** As `it`, with `--whole` alone. */
export function onlyWhole(title: string, test: Mocha.AsyncFunc): void {
  if (WHOLE) it(title, test);
}

export async function startEngines(): Promise<TwoEngines> {
  return TwoEngines.start({ image: await ensureImage(dockerClient()) });
}

/** Starts a lab over them. */
export function startOver({ managerHost }: TwoEngines, args: string[], env: Record<string, string> = {}) {
  return startLab(args, {
    env: {
      DOCKER_HOST: managerHost,
      RESETLAB_SWARM_ENV: JSON.stringify({ NODE_OPTIONS: clockOff('node2', AHEAD_MS) }),
      ...env,
    },
  });
}

/** Fails where something of a lab stays on the manager, or on both. */
export async function assertNothingLeft({ manager, worker, managerHost }: TwoEngines, both = true) {
  const engines = both ? [manager, worker] : [manager];
  let left: string[] = [];
  const none = async () => {
    left = [...(await Promise.all(engines.map(leftOn))), await servicesOf(manager)].flat();
    return left.length === 0 || undefined;
  };
  await retryUntil(none, { everyMs: 100, forMs: GONE_MS });
  assert.deepEqual(left, []);
  assert.equal(await docker(managerHost, 'stack', 'ls', '--format', '{{.Name}}'), '');
}

async function leftOn(engine: Docker): Promise<string[]> {
  const containers = await engine.listContainers({ all: true });
  const networks = (await engine.listNetworks()).filter(({ Name }) => !USUAL.has(Name));
  return [
    ...containers.map(({ Names, Image }) => `container ${Names[0]} ${Image}`),
    ...networks.map(({ Name }) => `network ${Name}`),
  ];
}

async function servicesOf(manager: Docker): Promise<string[]> {
  return (await manager.listServices()).map(({ Spec }) => `service ${Spec?.Name}`);
}

/** Runs `docker` with that engine; gives what it printed. */
export async function docker(host: string, ...args: string[]): Promise<string> {
  const ran = await run('docker', ['-H', host, ...args]);
  if (ran.code !== 0) throw new Error(`docker ${args.join(' ')}: ${lastLine(ran)}`);
  return ran.stdout.trim();
}

/** To the end of the scope these nodes are for gateways, or for robots, and no other is. */
export async function keeping(
  { managerHost }: TwoEngines,
  roles: Readonly<Record<string, 'gateway' | 'robots'>>,
): Promise<AsyncDisposable> {
  const update = (...args: string[]) => docker(managerHost, 'node', 'update', ...args);
  for (const [node, role] of Object.entries(roles)) await update('--label-add', `resetlab=${role}`, node);
  return {
    async [Symbol.asyncDispose]() {
      for (const node of Object.keys(roles)) await update('--label-rm', 'resetlab', node);
    },
  };
}

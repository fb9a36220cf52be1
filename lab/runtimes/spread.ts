import { type ChildProcess, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CannotRunError, messageOf } from '../../common/errors.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { enterPrefix, holdNamespace, letGo } from './held-namespace.ts';
import { addressOf, newLabel } from './label.ts';
import { delayLocally, firstLine } from './link-delay.ts';
import { localStage } from './native.ts';
import { filterLocally } from './packet-filter.ts';
import type { LinkQdisc, Stage } from './runtime.ts';

const run = promisify(execFile);
const PATIENCE_MS = 30_000;

/** In the namespace of a gateway, with its address, and for each source the pid of its namespace, its address and a name for the link. */
const JOIN = [
  'set -e',
  'own=$1',
  'shift',
  'ip addr add "$own/32" dev lo',
  'while [ $# -gt 0 ]; do',
  '  pid=$1 source=$2 there=$3 here=$4',
  '  shift 4',
  '  ip link add "$here" type veth peer name "$there" netns "$pid"',
  '  ip link set "$here" up',
  '  nsenter -t "$pid" -n -- sh -c "ip link set $there up && ip route add $own/32 dev $there src $source"',
  '  ip route add "$source/32" dev "$here" src "$own"',
  'done',
].join('\n');

/**
 * Several gateways, several sources of robots, or both: a network namespace for each, and a link from every source to every gateway. So
 * each gateway has counters, sysctls and a queue of its own, and each source local ports of its own for each gateway.
 */
export async function openSpread(settings: ResolvedSettings, label: string, sources: number): Promise<Stage> {
  const { gateways } = settings.values;
  const holders: ChildProcess[] = [];
  const letAllGo = async () => {
    await Promise.all(holders.map(letGo));
  };
  // All are of the user namespace of the first.
  const hold = async () => {
    const [first] = holders;
    const holder = await holdNamespace(settings, label, first ? enterPrefix(first.pid as number) : []);
    holders.push(holder);
    return holder.pid as number;
  };
  try {
    const pids: number[] = [];
    for (let number = 0; number < gateways + sources; number += 1) pids.push(await hold());
    const [ofGateways, ofSources] = [pids.slice(0, gateways), pids.slice(gateways)];
    const addresses = new Addresses(label);
    for (const pid of ofSources)
      await inNamespace(pid, 'ip addr add "$1/32" dev lo', addresses.ofSource(ofSources.indexOf(pid)));
    await Promise.all(
      ofGateways.map((pid, gateway) =>
        inNamespace(
          pid,
          JOIN,
          addresses.ofGateway(gateway),
          ...ofSources.flatMap((source, index) => [
            String(source),
            addresses.ofSource(index),
            `gateway${gateway}`,
            linkTo(index),
          ]),
        ),
      ),
    );
    const places = await Promise.all(
      ofGateways.map((pid, gateway) =>
        localStage(settings, gateway === 0 ? label : newLabel(), enterPrefix(pid), true, '0.0.0.0'),
      ),
    );
    const place = (gateway: number) => places[gateway] as (typeof places)[number];
    return {
      ...place(0),
      targetHost: addresses.ofGateway(0),
      targetOf: (gateway) => addresses.ofGateway(gateway),
      sources,
      start: ({ gateway = 0, source = 0, ...spec }) =>
        place(gateway).start(
          spec,
          spec.role === 'robots' ? enterPrefix(ofSources[source] as number) : undefined,
        ),
      filterPackets: (port, gateway = 0) =>
        filterLocally(enterPrefix(ofGateways[gateway] as number), port, settings.values),
      async delayLink(ms, gateway = 0) {
        const prefix = enterPrefix(ofGateways[gateway] as number);
        let qdisc: LinkQdisc = 'netem';
        for (const index of ofSources.keys()) qdisc = await delayLocally(prefix, linkTo(index), ms);
        return qdisc;
      },
      async [Symbol.asyncDispose]() {
        await Promise.all(places.map((one) => one[Symbol.asyncDispose]()));
        await letAllGo();
      },
    };
  } catch (error) {
    await letAllGo();
    throw error;
  }
}

const linkTo = (source: number) => `source${source}`;

/**
 * Of one run: 10.a.b.1 upwards for gateways, 10.a.b.254 downwards for sources. Runs at the same time differ in a and b, so that what the
 * kernel tells of all namespaces together can be told apart.
 */
class Addresses {
  readonly #net: string;

  constructor(label: string) {
    this.#net = `10.${addressOf(label).split('.').slice(2).join('.')}`;
  }

  ofGateway(index: number): string {
    return `${this.#net}.${1 + index}`;
  }

  ofSource(index: number): string {
    return `${this.#net}.${254 - index}`;
  }
}

/** Runs a script in the network namespace which that process keeps. Throws CannotRunError with the words of ip(8). */
async function inNamespace(pid: number, script: string, ...args: string[]): Promise<void> {
  const [command = '', ...argv] = [...enterPrefix(pid), 'sh', '-c', script, 'sh', ...args];
  try {
    await run(command, argv, { timeout: PATIENCE_MS });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new CannotRunError(`links between gateways and robots: ${firstLine(stderr) || messageOf(error)}`);
  }
}

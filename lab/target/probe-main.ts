import { optionsText, type TargetOptions } from '../../protocol/target-options.ts';
import { readListeners } from '../../system/proc/net-tcp.ts';
import { probe } from './probe.ts';
import type { ProbeFinding, ProbeLine } from './probe-finding.ts';
import { hostOf, type Load } from './server-load.ts';

/**
 * Makes one connection to a server as its users would, from where they come, and writes one line: what a person would have to put right
 * before there can be load. It takes the robots' environment; an empty TARGET_HOST is looked for among the listeners of the namespace.
 */
const { env } = process;
const port = Number(env.TARGET_PORT);
const text = optionsText(env);
const NET = '/proc/self/net';
/** Docker's resolver inside of a container. */
const isServer = ({ address }: { address: string }) => address !== '127.0.0.11';
const isAny = (address: string) => address === '0.0.0.0' || address === '::';

async function look(): Promise<ProbeFinding> {
  let finding: ProbeFinding = { is: 'unreached' };
  const hosts = env.TARGET_HOST ? [env.TARGET_HOST] : hostsIn(readListeners(NET, port).filter(isServer));
  if (hosts === undefined) {
    const ports = readListeners(NET).filter(isServer);
    return { is: 'nobody', ports: [...new Set(ports.map((one) => one.port))].sort((a, b) => a - b) };
  }
  for (const host of hosts) {
    finding = await probe({
      ...{ host, port },
      kind: env.KIND as Load['kind'],
      path: env.TARGET_PATH ?? '/',
      options: (text === '' ? {} : JSON.parse(text)) as TargetOptions,
      timeoutMs: Number(env.CONNECT_TIMEOUT_MS),
      measured: env.MEASURED === '1',
    });
    if (finding.is !== 'unreached') return finding;
  }
  return finding;
}

/** Where to try; undefined: nobody listens. Nowhere where it may be another server that listens at an address of its own. */
function hostsIn(listeners: readonly { address: string }[]): string[] | undefined {
  const addresses = new Set(listeners.map(({ address }) => address));
  if (addresses.size === 0) return undefined;
  // Of IPv6 alone or of both versions: the table does not tell.
  if ([...addresses].every(isAny)) return ['127.0.0.1', '::1'];
  return addresses.size === 1 ? [hostOf({ addresses: [...addresses] })] : [];
}

const line: ProbeLine = { event: 'probed', ...(await look()) };
process.stdout.write(`${JSON.stringify(line)}\n`);

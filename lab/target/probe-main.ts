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

async function look(): Promise<ProbeFinding> {
  const addresses = readListeners(NET, port)
    .filter(isServer)
    .map(({ address }) => address);
  if (!env.TARGET_HOST && addresses.length === 0) {
    const ports = readListeners(NET).filter(isServer);
    return { is: 'nobody', ports: [...new Set(ports.map((one) => one.port))].sort((a, b) => a - b) };
  }
  return probe({
    host: env.TARGET_HOST || hostOf({ addresses }),
    port,
    kind: env.KIND as Load['kind'],
    path: env.TARGET_PATH ?? '/',
    options: (text === '' ? {} : JSON.parse(text)) as TargetOptions,
    timeoutMs: Number(env.CONNECT_TIMEOUT_MS),
  });
}

const line: ProbeLine = { event: 'probed', ...(await look()) };
process.stdout.write(`${JSON.stringify(line)}\n`);

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Docker from 'dockerode';
import { Debug } from '../../../common/debug.ts';
import { messageOf } from '../../../common/errors.ts';
import { PACKAGED } from '../../../common/own-files.ts';
import { within } from '../../../common/waiting.ts';

const debug = new Debug('docker');
const require = createRequire(import.meta.url);

/** A client for the engine that DOCKER_HOST names, else the local socket. */
export function dockerClient(): Docker {
  // Where no engine is asked nothing of it is loaded: these are two hundred modules.
  const Client: typeof Docker = require('dockerode');
  const docker = new Client();
  if (debug.on) tellRequests(docker);
  return docker;
}

let requests = 0;

/** Whatever is asked of the engine goes this way. */
function tellRequests({ modem }: Docker): void {
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    requests += 1;
    const what = `request ${requests}: ${options.method} ${options.path}`;
    const from = performance.now();
    debug.say('%s: waiting for the engine', what);
    dial(options, (error, result) => {
      const ms = Math.round(performance.now() - from);
      debug.say('%s: %s after %d ms', what, error ? `failed (${(error as Error).message})` : 'answered', ms);
      callback?.(error, result);
    });
  };
}

/** Undefined when an engine answers within 3 s, else what is missing and how to get it. */
export async function missingEngine(): Promise<string | undefined> {
  const host = process.env.DOCKER_HOST;
  const socket = host?.startsWith('unix://') ? host.slice(7) : '/var/run/docker.sock';
  const get = `start Docker${PACKAGED ? '' : ' (on Debian or Ubuntu as root: npm run engine)'}, or use --runtime netns or native`;
  if ((host === undefined || host.startsWith('unix://')) && !existsSync(socket)) {
    return `no Docker engine: ${socket} does not exist; ${get}`;
  }
  return within(3000, dockerClient().ping(), new Error('no answer in 3 s')).then(
    () => undefined,
    (error) => `no Docker engine answers at ${host ?? socket} (${messageOf(error)}); ${get}`,
  );
}

/** The node that the engine, which answers, is in its swarm, if it is a manager of one. */
export async function managerNode(): Promise<string | undefined> {
  const { Swarm }: { Swarm?: { ControlAvailable?: boolean; NodeID?: string } } = await dockerClient().info();
  return Swarm?.ControlAvailable ? Swarm.NodeID : undefined;
}

/** On every container, network and service of ours; its value is the label of the run. */
export const RUN_LABEL = 'resetlab.run';

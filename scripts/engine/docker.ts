import { lastLine, run } from '../../common/run-command.ts';
import { retryUntil } from '../../common/waiting.ts';

/** What the docker client says of the engine behind it. */
export type Answer = { version: string; os: string; arch: string } | { reason: string };

/**
 * Asks the engine for its version. The docker client is used, not the socket, so that DOCKER_HOST, contexts and
 * Docker Desktop count exactly as they will for everything that follows.
 */
export async function askEngine(): Promise<Answer> {
  const ran = await run('docker', ['version', '--format', '{{json .Server}}'], {
    timeoutMs: 5000,
  });
  if (ran.code === 127) return { reason: 'there is no docker command' };
  try {
    const server = JSON.parse(ran.stdout) as {
      Version: string;
      Os: string;
      Arch: string;
    } | null;
    if (server) return { version: server.Version, os: server.Os, arch: server.Arch };
  } catch {
    // Older clients print an error where the JSON should be: the reason below says it.
  }
  return { reason: lastLine({ ...ran, stdout: '' }) };
}

/** The version of a plugin of the docker client (`compose`, `buildx`), or undefined when it is not there. */
export async function pluginVersion(plugin: 'compose' | 'buildx'): Promise<string | undefined> {
  const ran = await run('docker', [plugin, 'version'], { timeoutMs: 5000 });
  if (ran.code !== 0) return undefined;
  return /v?(\d+\.\d+[^\s,]*)/.exec(ran.stdout)?.[1];
}

/** Waits until the engine answers, at most `ms`; ends early when `gone()` says there is nothing to wait for. */
export async function engineAnswersWithin(ms: number, gone: () => boolean = () => false): Promise<boolean> {
  const answers = async () => ('reason' in (await askEngine()) ? (gone() ? false : undefined) : true);
  return (await retryUntil(answers, { everyMs: 100, forMs: ms })) ?? false;
}

import { ensureCompose } from './compose.ts';
import { installDaemon, startDaemon, stopDaemon } from './daemon.ts';
import { askEngine } from './docker.ts';
import { ensureBaseImage } from './image.ts';

/** What became of it. `startedByUs`: dockerd was started by this very call, so who called may stop it. */
export type Engine =
  | { available: true; startedByUs: boolean; notes: string[] }
  | { available: false; reason: string };

/**
 * Makes a Docker engine, `docker compose` and the base image available where that is possible: does nothing where they
 * are there, installs and starts what is missing on Debian and Ubuntu as root, and says elsewhere what to do. Never
 * throws. Progress goes to stderr.
 */
export async function ensureEngine(): Promise<Engine> {
  let startedByUs = false;
  const answer = await askEngine();
  if ('reason' in answer) {
    const reason = cannotStart(answer.reason) ?? (await installDaemon()) ?? (await startDaemon());
    if (reason) return { available: false, reason };
    startedByUs = true;
  }
  const [compose, image] = await Promise.all([
    ensureCompose(),
    ensureBaseImage().then(
      (note) => ({ note }),
      (error: Error) => ({ reason: error.message }),
    ),
  ]);
  const reason = compose ?? ('reason' in image ? image.reason : undefined);
  if (!reason) {
    const note = 'note' in image ? image.note : undefined;
    return { available: true, startedByUs, notes: note ? [note] : [] };
  }
  if (startedByUs) await stopDaemon();
  return { available: false, reason };
}

/** Stops the engine that we started, and no other. Gives whether there was one; throws when it does not end. */
export function stopEngine(): Promise<boolean> {
  return stopDaemon();
}

/** Why an engine that does not answer cannot be started here, with the way out; undefined when we may try. */
function cannotStart(why: string): string | undefined {
  const says = (what: string) => `no Docker engine answers (${why}): ${what}`;
  const host = process.env.DOCKER_HOST;
  if (host) return says(`DOCKER_HOST is ${host}; start that engine, or unset DOCKER_HOST`);
  if (process.platform !== 'linux') return says('start Docker Desktop (or any other engine) first');
  if (/permission denied/i.test(why)) return says('add this user to the group docker, or run as root');
  if (process.getuid?.() !== 0) return says('start it, or run `npm run engine` as root, which installs it');
  return undefined;
}

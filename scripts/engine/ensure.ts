import { ensureBaseImage, giveTagsBack } from '../../lab/runtimes/docker/stand-in/base-image.ts';
import { ensureK6BaseImage } from '../../lab/runtimes/docker/stand-in/k6-image.ts';
import { findK6 } from '../../system/k6-binary.ts';
import { ensureCompose } from './compose.ts';
import { installDaemon, startDaemon, stopDaemon } from './daemon.ts';
import { askEngine } from './docker.ts';
import { tellCompose } from './override.ts';

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
    ensureImages().then(
      (notes) => ({ notes }),
      (error: Error) => ({ reason: error.message }),
    ),
  ]);
  const reason = compose ?? ('reason' in image ? image.reason : undefined);
  if (!reason) return { available: true, startedByUs, notes: 'notes' in image ? image.notes : [] };
  if (startedByUs) await stopDaemon();
  return { available: false, reason };
}

/** What there is to build on, also for compose, and nothing of ours under a name that is not. Gives notes, or throws. */
async function ensureImages(): Promise<string[]> {
  const base = await ensureBaseImage();
  // Where no registry answers, compose's profile k6 takes the k6 that is here; without one nothing is said.
  if (base.state === 'stand-in' && 'path' in findK6()) await ensureK6BaseImage().catch(() => {});
  const told = await tellCompose(base.image);
  const given = await giveTagsBack();
  const notes = [base.note, told, ...given.map((tag) => `${tag} was a stand-in of ours, and is free again`)];
  return notes.filter((note) => note !== undefined);
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

import type { GatedPhase, PhaseLine } from '../protocol/fleet-events.ts';
import { Changes } from './changes.ts';
import type { Surroundings } from './crowd.ts';
import { mergeDone, mergeProgress } from './merge.ts';
import type { Settings } from './robots-settings.ts';
import type { SelfWatch } from './self.ts';
import { Shard } from './shard.ts';

/** Longer than a shard takes for its own goodbye. */
const LONGEST_GOODBYE_MS = 5000;

/** Runs the load in SHARDS processes that go through its phases together, and writes their lines as one fleet's. */
export async function runShards(settings: Settings, self: SelfWatch, around: Surroundings): Promise<void> {
  const changes = new Changes();
  const shards = split(settings).map(
    (part) => new Shard(part, { users: around.writeText, changed: () => changes.happened() }),
  );
  const until = (condition: (shard: Shard) => boolean) =>
    changes.until(() => shards.every((shard) => shard.gone || condition(shard)));
  const pass = async (phase: GatedPhase, says: PhaseLine['phase'][]) => {
    await until((shard) => shard.waitingFor === phase || shard.done !== undefined);
    // It may itself be one of several fleets.
    await around.gate(phase);
    for (const said of says) around.write({ event: 'phase', at: Date.now(), phase: said });
    for (const shard of shards) shard.go(phase);
  };
  const signalAll = (signal: NodeJS.Signals) => {
    for (const shard of shards) shard.kill(signal);
  };
  const interrupt = () => signalAll('SIGTERM');
  around.signal.addEventListener('abort', interrupt);
  if (around.signal.aborted) interrupt();

  await pass('load', ['ready', 'load']);
  const progress = setInterval(() => around.write(mergeProgress(shards, self.all(0))), settings.PROGRESS_MS);
  await pass('betting', settings.ROUNDS > 0 ? ['settled', 'betting'] : ['settled']);
  await pass('done', ['done']);
  await until((shard) => shard.done !== undefined);
  clearInterval(progress);
  around.write(mergeDone(shards, self.all(0)));
  const late = setTimeout(() => signalAll('SIGKILL'), LONGEST_GOODBYE_MS);
  await until(() => false);
  clearTimeout(late);
  around.signal.removeEventListener('abort', interrupt);
}

function split(settings: Settings): Settings[] {
  const { USERS, SHARDS, USER_ID_BASE } = settings;
  const boundary = (i: number) => Math.floor((USERS * i) / SHARDS);
  return Array.from({ length: SHARDS }, (_, i) => ({
    ...settings,
    USERS: boundary(i + 1) - boundary(i),
    USER_ID_BASE: USER_ID_BASE + boundary(i),
    WAITING: i === 0 ? settings.WAITING : 0,
  }));
}

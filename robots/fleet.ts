import { Crowd, type Surroundings } from './crowd.ts';
import type { Settings } from './robots-settings.ts';
import { SelfWatch } from './self.ts';
import { addressOf, checkSources } from './server-address.ts';
import { runShards } from './shards.ts';

/** Descriptors that stay free beside the users' sockets. */
const MARGIN = 16;

/**
 * Runs the whole load: in this process when the descriptors suffice, else in as many as they need.
 * @throws {SettingsError} when TARGET_HOST or SOURCE_ADDRESSES cannot be used.
 */
export async function runFleet(settings: Settings, around: Surroundings): Promise<void> {
  const address = await addressOf(settings.TARGET_HOST);
  await checkSources(settings.SOURCE_ADDRESSES);
  const self = new SelfWatch(settings.SOURCE_ADDRESSES.length);
  const shards = settings.SHARDS || Math.ceil(settings.USERS / Math.max(1, self.room - MARGIN));
  if (shards > 1) {
    await runShards({ ...settings, SHARDS: Math.min(shards, settings.USERS) }, self, around);
    return;
  }
  const crowd = new Crowd(settings, address, self, around.write);
  const interrupt = () => crowd.interrupt();
  around.signal.addEventListener('abort', interrupt);
  if (around.signal.aborted) interrupt();
  await crowd.live(around.gate);
  around.signal.removeEventListener('abort', interrupt);
}

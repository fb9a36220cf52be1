import type { FleetLine, ProgressLine } from '../../protocol/fleet-events.ts';
import { mergeProgress } from '../../robots/merge.ts';
import type { Ending, Part, Stage } from '../runtimes/runtime.ts';
import type { Share } from '../settings/shares.ts';
import type { Driver, LoadSpec } from './driver.ts';
import { Fleet, NOBODY } from './fleet.ts';
import { GatewayVoice } from './gateway-voice.ts';

/** A fleet that ended without its last line. */
export interface LostFleet extends Pick<Part, 'where'> {
  share: Share;
  ending: Ending;
  /** So many of its users it had not told of. */
  users: number;
}

/** A load of several fleets: one for the users who go from one source to one gateway. */
export interface FleetsSpec extends Pick<LoadSpec, 'settings' | 'explicit'> {
  shares: readonly Share[];
  /** Where the robots find each gateway. */
  targetOf(gateway: number): Pick<LoadSpec, 'host' | 'port'>;
  /** Gets what the fleets of a gateway say, as if they were one. Users of a fleet that is lost are `other` there. */
  onLine(gateway: number, line: FleetLine): void;
  /** Gets the progress of all. */
  onProgress(line: ProgressLine): void;
  onLost?(lost: LostFleet): void;
}

/**
 * Starts all fleets of a load. They go through its phases together, so that all users are open at once. The part ends when all have. Where
 * some are lost the others go on; where all are, no gateway gets a last line.
 */
export async function startFleets(driver: Driver, stage: Stage, spec: FleetsSpec): Promise<Part> {
  const { shares, settings, explicit } = spec;
  const fleets = shares.map((share) => new Fleet(share));
  const manySources = shares.some(({ source }) => source > 0);
  const first = () => fleets.find(({ gone }) => !gone);
  const gateways = Map.groupBy(fleets, ({ share }) => share.gateway);
  const voices = new Map(
    Array.from(gateways, ([gateway, those]) => [
      gateway,
      new GatewayVoice(those, (line) => spec.onLine(gateway, line)),
    ]),
  );
  const placed = (fleet: Fleet, line: FleetLine) => (manySources ? fleet.placed(line) : line);
  const tell = () => spec.onProgress(mergeProgress(fleets, NOBODY));
  let allThere = false;
  let toldToEnd = false;
  const passGate = () => {
    if (allThere) openGate(fleets);
  };
  const lose = (fleet: Fleet, part: Part, ending: Ending) => {
    const users = fleet.lose().map((line) => placed(fleet, line));
    const { share } = fleet;
    spec.onLost?.({ share, ending, users: users.length, ...(part.where && { where: part.where }) });
    voices.get(share.gateway)?.lose(fleet, users);
    tell();
  };
  const start = async (fleet: Fleet) => {
    const { share } = fleet;
    const part = await driver.start(stage, {
      ...spec.targetOf(share.gateway),
      settings: { ...settings, users: share.users, waiting: share.source === 0 ? settings.waiting : 0 },
      explicit,
      share,
      onLine(line) {
        fleet.take(line);
        if (line.event === ('waiting' as string)) passGate();
        else voices.get(share.gateway)?.take(fleet, placed(fleet, line));
        const tells = line.event === 'progress' && fleet === first();
        // What the others said after the last of the first.
        const last = line.event === 'done' && fleets.every(({ gone, done }) => gone || done !== undefined);
        if (tells || last) tell();
      },
    });
    fleet.part = part;
    const end = (ending?: Ending) => {
      fleet.gone = true;
      // The signal that told it to end may have come before it could catch any.
      const obeyed = toldToEnd && ending?.signal === 'SIGTERM';
      if (ending && fleet.done === undefined && !obeyed) lose(fleet, part, ending);
      passGate();
    };
    part.ended.then(end, () => end());
  };
  // What the first fleet of a source makes the others of it join.
  for (const founding of [true, false])
    await Promise.all(fleets.filter(({ share }) => (share.gateway === 0) === founding).map(start));
  const parts = fleets.map(({ part }) => part as Part);
  const ended = Promise.all(parts.map((part) => part.ended)).then((endings) => {
    if (fleets.some(({ done, lostAt }) => done && lostAt === undefined))
      for (const voice of voices.values()) voice.end();
    return worst(endings);
  });
  ended.catch(() => {});
  allThere = true;
  passGate();
  return {
    ended,
    async signal(name) {
      toldToEnd ||= name === 'SIGTERM';
      await Promise.all(parts.map((part) => part.signal(name)));
    },
  };
}

/** A moment so far ahead has not come yet where a message of it arrives: longer than any takes, also over a slow link. */
const LEAD_MS = 200;

/** Lets all fleets into the phase that all wait for: at one moment where some are on other machines, which a message reaches at its own time. */
function openGate(fleets: readonly Fleet[]): void {
  const there = fleets.filter(({ gone, done }) => !gone && done === undefined);
  const phase = there[0]?.waitingFor;
  if (phase === undefined || there.some(({ waitingFor }) => waitingFor !== phase)) return;
  const far = there.some(({ part }) => part?.aheadMs !== undefined);
  const moment = far ? Date.now() + LEAD_MS : undefined;
  for (const fleet of there) fleet.go(phase, moment);
}

/** What became of the fleets: of one that failed, how. */
function worst(endings: readonly Ending[]): Ending {
  return (endings.find(({ code }) => code !== 0) ?? endings[0]) as Ending;
}

import { defined } from '../../common/defined.ts';
import type {
  FleetDoneLine,
  FleetLine,
  GatedPhase,
  OwnSelf,
  PhaseLine,
  ProgressLine,
  WaitingLine,
} from '../../protocol/fleet-events.ts';
import { mergeDone, mergeProgress, type Told } from '../../robots/merge.ts';
import type { Ending, Part, Stage } from '../runtimes/runtime.ts';
import type { Share } from '../settings/shares.ts';
import type { Driver, LoadSpec } from './driver.ts';

/** A load of several fleets: one for the users who go from one source to one gateway. */
export interface FleetsSpec extends Pick<LoadSpec, 'settings' | 'explicit'> {
  shares: readonly Share[];
  /** Where the robots find each gateway. */
  targetOf(gateway: number): Pick<LoadSpec, 'host' | 'port'>;
  /** Gets what the fleets of a gateway say, as if they were one. */
  onLine(gateway: number, line: FleetLine): void;
  /** Gets the progress of all. */
  onProgress(line: ProgressLine): void;
}

/** Starts all fleets of a load. They go through its phases together, so that all users are open at once. The part ends when all have. */
export async function startFleets(driver: Driver, stage: Stage, spec: FleetsSpec): Promise<Part> {
  const { shares, settings, explicit } = spec;
  const fleets = shares.map(({ users }) => new Fleet(users));
  const manySources = shares.some(({ source }) => source > 0);
  const first = () => fleets.find(({ gone }) => !gone);
  const gateways = Map.groupBy(fleets, (fleet) => (shares[fleets.indexOf(fleet)] as Share).gateway);
  const voices = new Map(
    Array.from(gateways, ([gateway, those]) => [
      gateway,
      new Voice(those, (line) => spec.onLine(gateway, line)),
    ]),
  );
  let allThere = false;
  const passGate = () => {
    if (allThere) openGate(fleets);
  };
  const start = async (share: Share, index: number) => {
    const fleet = fleets[index] as Fleet;
    fleet.part = await driver.start(stage, {
      ...spec.targetOf(share.gateway),
      settings: { ...settings, users: share.users, waiting: share.source === 0 ? settings.waiting : 0 },
      explicit,
      share,
      onLine(line) {
        fleet.take(line);
        if (line.event === ('waiting' as string)) passGate();
        else voices.get(share.gateway)?.take(fleet, manySources ? fleet.placed(line) : line);
        const tells = line.event === 'progress' && fleet === first();
        // What the others said after the last of the first.
        const last = line.event === 'done' && fleets.every(({ gone, done }) => gone || done !== undefined);
        if (tells || last) spec.onProgress(mergeProgress(fleets, NOBODY));
      },
    });
    const end = () => {
      fleet.gone = true;
      passGate();
    };
    fleet.part.ended.then(end, end);
  };
  // What the first fleet of a source makes the others of it join.
  for (const founding of [true, false])
    await Promise.all(
      shares.map((share, index) => ((share.gateway === 0) === founding ? start(share, index) : undefined)),
    );
  const parts = fleets.map(({ part }) => part as Part);
  const ended = Promise.all(parts.map((part) => part.ended)).then(worst);
  ended.catch(() => {});
  allThere = true;
  passGate();
  return {
    ended,
    async signal(name) {
      await Promise.all(parts.map((part) => part.signal(name)));
    },
  };
}

/** Lets all fleets into the phase that all wait for. */
function openGate(fleets: readonly Fleet[]): void {
  const there = fleets.filter(({ gone, done }) => !gone && done === undefined);
  const phase = there[0]?.waitingFor;
  if (phase === undefined || there.some(({ waitingFor }) => waitingFor !== phase)) return;
  for (const fleet of there) fleet.go(phase);
}

/** What became of the fleets: of one that failed, how. */
function worst(endings: readonly Ending[]): Ending {
  return (endings.find(({ code }) => code !== 0) ?? endings[0]) as Ending;
}

class Fleet implements Told {
  part: Part | undefined;
  loadAt: number | undefined;
  progress: ProgressLine | undefined;
  done: FleetDoneLine | undefined;
  waitingFor: GatedPhase | undefined;
  /** Where its users come from. */
  address: string | undefined;
  gone = false;
  readonly asked: number;

  constructor(asked: number) {
    this.asked = asked;
  }

  take(line: FleetLine | WaitingLine): void {
    if (line.event === 'progress') this.progress = line;
    else if (line.event === 'done') this.done = line;
    else if (line.event === 'waiting') {
      this.waitingFor = line.for;
      this.address ??= line.address;
    } else if (line.event === 'phase' && line.phase === 'load') this.loadAt = line.at;
  }

  /** A line of a user, with where it comes from. */
  placed(line: FleetLine): FleetLine {
    return line.event === 'user' ? { ...line, ...defined({ address: this.address }) } : line;
  }

  go(phase: GatedPhase): void {
    this.waitingFor = undefined;
    this.part?.say?.(phase);
  }
}

/** The fleets of one gateway, as one. */
class Voice {
  readonly #fleets: readonly Fleet[];
  readonly #say: (line: FleetLine) => void;
  readonly #phases = new Map<PhaseLine['phase'], number>();

  constructor(fleets: readonly Fleet[], say: (line: FleetLine) => void) {
    this.#fleets = fleets;
    this.#say = say;
  }

  take(fleet: Fleet, line: FleetLine): void {
    if (this.#fleets.length === 1 || line.event === 'user') this.#say(line);
    else if (line.event === 'phase') this.#phase(line);
    else if (line.event === 'done') this.#done();
    else if (fleet === this.#fleets.find(({ gone }) => !gone)) this.#say(this.#merged(mergeProgress));
  }

  /** All have settled with the last; any other phase begins with the first. */
  #phase(line: PhaseLine): void {
    const said = (this.#phases.get(line.phase) ?? 0) + 1;
    this.#phases.set(line.phase, said);
    if (said === (line.phase === 'settled' ? this.#fleets.length : 1)) this.#say(line);
  }

  #done(): void {
    if (this.#fleets.every(({ done }) => done !== undefined)) this.#say(this.#merged(mergeDone));
  }

  /** Each source has local ports of its own. */
  #merged<T extends ProgressLine | FleetDoneLine>(merge: (fleets: readonly Told[], own: OwnSelf) => T): T {
    const [self] = this.#fleets.flatMap(({ progress, done }) => (done ?? progress)?.self ?? []);
    const { ports, sysctls = {} } = self ?? NOBODY;
    return merge(this.#fleets, {
      ...NOBODY,
      ports: { taken: [], ...ports, addresses: this.#fleets.length },
      sysctls,
    });
  }
}

/** The lab itself holds no users. */
const NOBODY: OwnSelf = {
  processes: 0,
  nofile: 0,
  room: 0,
  descriptors: 0,
  ports: { first: 0, last: 0, addresses: 0, taken: [] },
  sysctls: {},
  loop: { p50: 0, p99: 0, max: 0, busy: 0 },
  rss: 0,
  cpuMicros: 0,
};

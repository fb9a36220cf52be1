import { sumOf } from '../../common/numbers.ts';
import type {
  FleetDoneLine,
  FleetLine,
  OwnSelf,
  PhaseLine,
  ProgressLine,
} from '../../protocol/fleet-events.ts';
import { mergeDone, mergeProgress, type Told } from '../../robots/merge.ts';
import { type Fleet, NOBODY } from './fleet.ts';

/** The fleets of one gateway, as one. */
export class GatewayVoice {
  readonly #fleets: readonly Fleet[];
  readonly #say: (line: FleetLine) => void;
  readonly #said = new Set<PhaseLine['phase']>();
  #over = false;

  constructor(fleets: readonly Fleet[], say: (line: FleetLine) => void) {
    this.#fleets = fleets;
    this.#say = say;
  }

  /** To be told each line when its fleet has taken it. */
  take(fleet: Fleet, line: FleetLine): void {
    if (line.event === 'done') this.#done(line);
    else if (this.#fleets.length === 1 || line.event === 'user') this.#say(line);
    else if (line.event === 'phase') this.#phase(line);
    else if (fleet === this.#fleets.find(({ gone }) => !gone)) this.#say(this.#merged(mergeProgress));
  }

  /** To be told when a fleet is lost, with the lines of its users. */
  lose(fleet: Fleet, users: readonly FleetLine[]): void {
    for (const line of users) this.#say(line);
    if (this.#fleets.some(({ settled }) => settled))
      this.#phase({ event: 'phase', at: fleet.lostAt as number, phase: 'settled' });
    this.#done();
  }

  /** All have settled with the last that is not lost; any other phase begins with the first. */
  #phase(line: PhaseLine): void {
    const { phase } = line;
    if (this.#said.has(phase)) return;
    if (phase === 'settled' && this.#fleets.some(({ settled, gone }) => !settled && !gone)) return;
    this.#said.add(phase);
    this.#say(line);
  }

  #done(line?: FleetDoneLine): void {
    if (this.#fleets.length === 1 && line) this.#end(line);
    else if (this.#fleets.every(({ done }) => done) && !this.#isLost()) this.#end(this.#last());
  }

  /** When all have ended, and some fleet has a result: says the last line of a gateway that has lost all of its own. */
  end(): void {
    if (this.#isLost())
      this.#end({ ...this.#last(), at: Math.max(...this.#fleets.map(({ lostAt = 0 }) => lostAt)) });
  }

  #isLost(): boolean {
    return this.#fleets.every(({ lostAt }) => lostAt !== undefined);
  }

  #end(line: FleetDoneLine): void {
    if (!this.#over) this.#say(line);
    this.#over = true;
  }

  /** Who was lost has not failed. */
  #last(): FleetDoneLine {
    return { ...this.#merged(mergeDone), failed: sumOf(this.#fleets, ({ done }) => done?.failed ?? 0) };
  }

  /** Each source has local ports of its own. */
  #merged<T extends ProgressLine | FleetDoneLine>(merge: (fleets: readonly Told[], own: OwnSelf) => T): T {
    const selves = this.#fleets.flatMap(({ progress, done }) => (done ?? progress)?.self ?? []);
    const { ports, sysctls = {} } = selves.find((self) => self !== NOBODY) ?? NOBODY;
    return merge(this.#fleets, {
      ...NOBODY,
      ports: { taken: [], ...ports, addresses: this.#fleets.length },
      sysctls,
    });
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { programAt } from '../common/own-files.ts';
import type {
  FleetDoneLine,
  FleetLine,
  GatedPhase,
  ProgressLine,
  UserLine,
  WaitingLine,
} from '../protocol/fleet-events.ts';
import { type Settings, toEnvironment } from './robots-settings.ts';

const MAIN = programAt('robots/main.ts');
const USER = /^\{"event":"user","id":(\d+),/;

/** What happens to a shard. */
interface ShardEvents {
  /** Lines of users, each with its end, as text: they only pass through. */
  users(text: string): void;
  /** It waits, has given its done line, or is gone. */
  changed(): void;
}

/** A part of the fleet in a process of its own. It ends when our end of its stdin closes, so never outlives us. */
export class Shard {
  waitingFor: GatedPhase | undefined;
  loadAt: number | undefined;
  progress: ProgressLine | undefined;
  done: FleetDoneLine | undefined;
  gone = false;
  readonly asked: number;
  readonly #child: ChildProcess;
  readonly #events: ShardEvents;
  readonly #missing: Set<number>;

  constructor(settings: Settings, events: ShardEvents) {
    this.asked = settings.USERS;
    this.#events = events;
    this.#missing = new Set(Array.from({ length: settings.USERS }, (_, i) => settings.USER_ID_BASE + i));
    this.#child = spawn(process.execPath, [...process.execArgv, MAIN], {
      env: { ...process.env, ...toEnvironment({ ...settings, SHARDS: 1, COORDINATED: 'stdin' }) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.on('error', (error) => this.#end(`could not start: ${error.message}`));
    this.#child.stdin?.on('error', () => {});
    if (this.#child.stdout === null) return;
    createInterface(this.#child.stdout).on('line', (line) => this.#read(line));
    // Not `exit`: what it wrote last may still be on its way then.
    this.#child.on('close', (code, signal) => this.#end(`ended early (${signal ?? `code ${code}`})`));
  }

  /** Lets it go on into a phase. */
  go(phase: GatedPhase): void {
    this.waitingFor = undefined;
    this.#child.stdin?.write(`${phase}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #read(line: string): void {
    const id = USER.exec(line)?.[1];
    if (id !== undefined) {
      this.#missing.delete(Number(id));
      this.#events.users(`${line}\n`);
      return;
    }
    const said = parse(line);
    if (said?.event === 'progress') this.progress = said;
    else if (said?.event === 'phase' && said.phase === 'load') this.loadAt = said.at;
    else if (said?.event === 'done') this.done = said;
    else if (said?.event === 'waiting') this.waitingFor = said.for;
    if (said?.event === 'done' || said?.event === 'waiting') this.#events.changed();
  }

  #end(how: string): void {
    if (this.gone) return;
    this.gone = true;
    for (const id of this.#missing) this.#events.users(`${JSON.stringify(lost(id, this.loadAt, how))}\n`);
    this.#missing.clear();
    this.#events.changed();
  }
}

function lost(id: number, at: number | undefined, how: string): UserLine {
  return {
    event: 'user',
    id,
    outcome: 'other',
    stage: 'connect',
    detail: `its process of the fleet ${how}`,
    startedAt: at ?? Date.now(),
    bets: { placed: 0, acked: 0, rejected: 0 },
  };
}

function parse(line: string): FleetLine | WaitingLine | undefined {
  try {
    return JSON.parse(line);
  } catch {
    // Half a line of a process that was killed.
    return undefined;
  }
}

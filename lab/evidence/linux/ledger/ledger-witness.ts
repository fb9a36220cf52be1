import type { Witness, WitnessLine } from '../../../../protocol/connection-events.ts';
import {
  type ConnectionRow,
  type ConnectionRows,
  observedRows,
} from '../../../../protocol/connection-rows.ts';
import { hostOf } from '../../../../system/proc/port-ends.ts';
import { endsOf } from '../../../../system/proc/tcp-rows.ts';
import { socketEndsIn, wasThrownAway } from '../../../../system/ss-ends.ts';
import type { IsOwn } from '../own-address.ts';
import { rowOfEnd, rowOfKnown, type ToldEnd } from './join.ts';
import { KnownConnections } from './known.ts';
import type { PortLook } from './port-looks.ts';
import { missingTool, SsChild } from './ss-child.ts';

/** So far apart what ss has written is read, and told at once: a waking costs as much as some fifty lines, and this adds to a bracket. */
const READ_MS = 80;
/** More is to be read at once: whatever else waits comes first. */
const AGAIN_MS = 1;
/** So long a line waits for the next look at the table, where that may tell whose end came first. */
const HOLD_MS = 500;
/** So long `ss -E` may take to tell of what has gone from the table. */
const SS_MS = 150;
/** So many looks are remembered: as many as a line may be late. */
const LOOKS = 8;
const SETTLE_MS = 1500;

export interface LedgerOptions {
  port: number;
  /** Whether a connection at that local address is the server's; absent: all of the port are. */
  isOwn?: IsOwn;
  /** The process that has all of the server's connections, where it is one. */
  pid?: () => number | undefined;
  /** How many connections were let in so far, where no other server's are among them: what was lost is known by that. */
  opens?: () => number | undefined;
  write: (line: ConnectionRows | WitnessLine) => void;
  /** Something has moved: the table is worth a look. */
  onMoved: () => void;
}

/**
 * Writes the ledger of a port: each connection's end as `ss -E` tells it, joined with what looks at the port's table have
 * shown of it. Where `ss -E` cannot be had it says so, and writes none.
 */
export class LedgerWitness {
  readonly #options: LedgerOptions;
  readonly #own = new Map<string, boolean>();
  readonly #known = new KnownConnections();
  #ss: SsChild | undefined;
  #missing: string | undefined;
  #begun = false;
  #lost = 0;
  /** What had been let in when it began, and how many of those the first look showed. */
  #opensBefore: number | undefined;
  #openBefore = 0;
  #ends = 0;
  /** Lines of connections whose other end is not known. */
  #nameless = 0;
  #ready: ConnectionRow[] = [];
  /** In the order in which they were read. */
  #held: ToldEnd[] = [];
  #wiped: ToldEnd[] = [];
  /** When the last looks began, the newest first. */
  #lookedFrom: number[] = [];
  readonly #wanted = new Uint8Array(1 << 16);
  #reading: NodeJS.Timeout | undefined;

  /** Resolves once the kernel tells: what ends from then on has its line. Undefined: it is switched off. */
  static async begin(options: LedgerOptions, missing?: string): Promise<LedgerWitness | undefined> {
    if (process.env.LEDGER === 'off') return undefined;
    const witness = new LedgerWitness(options, missing ?? missingTool());
    await witness.#ss?.listens();
    witness.#opensBefore = options.opens?.();
    witness.#begun = true;
    witness.#say('ss -E');
    witness.#say('port table');
    return witness;
  }

  private constructor(options: LedgerOptions, missing: string | undefined) {
    this.#options = options;
    if (missing !== undefined) this.#miss(missing);
    else {
      const ss = new SsChild(options.port, this.#take, (why) => this.#miss(why));
      this.#ss = ss;
      this.#readAgain(ss, READ_MS);
    }
  }

  #readAgain(ss: SsChild, ms: number): void {
    this.#reading = setTimeout(() => {
      const more = ss.read();
      this.#write();
      this.#readAgain(ss, more ? AGAIN_MS : READ_MS);
    }, ms);
  }

  /** The ports of whom a look that begins now should tell, if it shows them in TIME_WAIT. */
  wanted = (): Uint8Array | undefined => {
    this.#ss?.read();
    if (this.#held.length === 0) return undefined;
    this.#wanted.fill(0);
    for (const { end } of this.#held) this.#wanted[portOf(end.remote as string)] = 1;
    return this.#wanted;
  };

  /** Why it cannot tell. */
  get missing(): string | undefined {
    return this.#missing;
  }

  /** Takes what a look at the port's table has shown. */
  look(look: PortLook): void {
    if (this.#ss === undefined) return;
    this.#ss.blind(look.from);
    this.#known.take(look);
    if (this.#lookedFrom.length === 0) this.#openBefore = look.rows.length;
    this.#lookedFrom = [look.from, ...this.#lookedFrom].slice(0, LOOKS);
    const left = new Map<string, ToldEnd['left']>();
    for (const { key, state, side } of look.letGo) {
      const { local, remote } = endsOf(key);
      const ends = side === 'server' ? `${local} ${remote}` : `${remote} ${local}`;
      left.set(ends, { by: side, state, seen: look.to });
    }
    const rest: ToldEnd[] = [];
    for (const ended of this.#held) {
      if (ended.at > look.from) rest.push(ended);
      else {
        ended.left = left.get(`${ended.end.local} ${ended.end.remote}`);
        this.#tell(ended);
      }
    }
    this.#held = rest;
    if (rest.length > 0) this.#options.onMoved();
  }

  /** Tells of the rest: of those that are open, and what was lost. `look`: a last one at the table. */
  async end(look: () => PortLook | undefined): Promise<void> {
    clearTimeout(this.#reading);
    if (this.#ss) {
      await this.#ss.settle(SETTLE_MS);
      const last = look();
      if (last) this.look(last);
      await this.#ss.settle(SS_MS);
      this.#write();
      for (const ended of this.#held) this.#tell(ended);
      this.#pairWiped();
      this.#lost = this.#ss.overflows;
      await this.#ss.end();
      this.#tellOfOpen();
      this.#write();
    }
    this.#say('ss -E');
    this.#say('port table');
  }

  #take = (lines: Buffer, at: number, from: number): void => {
    const pid = this.#options.pid?.();
    // A look that began later may have come when it had gone.
    const lookedBefore = this.#lookedFrom.find((look) => look <= from);
    for (const end of socketEndsIn(lines)) {
      if (!this.#isOurs(end.local)) continue;
      if (wasThrownAway(end)) {
        // The kernel has counted it as a connection as well (Tcp PassiveOpens).
        this.#ends += 1;
        continue;
      }
      const known = end.remote === undefined ? undefined : this.#known.takeOut(end.local, end.remote);
      const since = known || end.remote === undefined ? undefined : lookedBefore;
      const ended: ToldEnd = { end, at, from, known, since, left: undefined, pid };
      if (end.remote === undefined) this.#wiped.push(ended);
      // Whose FIN came first shows in whose TIME_WAIT is left.
      else if (end.received > 0 && end.acked > end.sent - end.sentAgain && known?.ended === undefined)
        this.#held.push(ended);
      else this.#tell(ended);
    }
    this.#options.onMoved();
  };

  #isOurs(local: string): boolean {
    const { isOwn } = this.#options;
    if (isOwn === undefined) return true;
    const host = hostOf(local);
    const known = this.#own.get(host) ?? (host === '*' || isOwn(host));
    this.#own.set(host, known);
    return known;
  }

  #tell(ended: ToldEnd): void {
    this.#ends += 1;
    this.#ready.push(rowOfEnd(ended));
  }

  #write(): void {
    const now = Date.now();
    const first = this.#held.findIndex(({ at }) => at > now - HOLD_MS);
    const late = first < 0 ? this.#held.length : first;
    if (late > 0) {
      for (const ended of this.#held.slice(0, late)) this.#tell(ended);
      this.#held = this.#held.slice(late);
    }
    const [oldest] = this.#wiped;
    const { to = 0, from = 0 } = this.#known.lastLook ?? {};
    const seen = from > (this.#wiped.at(-1)?.at ?? 0) && now > to + SS_MS;
    if (oldest && (seen || now > oldest.at + 2 * HOLD_MS)) this.#pairWiped();
    for (const rows of observedRows(now, this.#ready)) this.#options.write(rows);
    this.#ready = [];
  }

  /** Of what was wiped nothing is left but its number: where as many have gone from the table, it is those. */
  #pairWiped(): void {
    const wiped = this.#wiped;
    if (wiped.length === 0) return;
    this.#wiped = [];
    const gone = this.#known.vanished().filter(({ local }) => this.#isOurs(local));
    const last = wiped.at(-1) as ToldEnd;
    const from = Math.min(...wiped.map((one) => one.from));
    for (const [at, ended] of wiped.entries()) {
      const known = gone.length === wiped.length ? gone[at] : undefined;
      if (known) this.#known.takeOut(known.local, known.remote);
      if (!known) this.#nameless += 1;
      this.#tell(known ? { ...ended, known, at: last.at, from } : ended);
    }
  }

  #tellOfOpen(): void {
    const now = Date.now();
    const pid = this.#options.pid?.();
    const all = [...this.#known].filter(({ local }) => this.#isOurs(local));
    const gone = all.filter(({ vanished }) => vanished !== undefined).length;
    if (this.#lost > 0) this.#lost = Math.max(this.#lost, gone, this.#untold(all.length - gone));
    // What has gone may be what was wiped, and has its line then.
    const tellGone = this.#nameless === 0;
    for (const known of all)
      if (known.vanished === undefined || tellGone) this.#ready.push(rowOfKnown(known, now, pid));
  }

  /** Of those that came; 0 where nobody knows how many. */
  #untold(open: number): number {
    const opens = this.#options.opens?.();
    if (opens === undefined || this.#opensBefore === undefined) return 0;
    return opens - this.#opensBefore + this.#openBefore - this.#ends - open;
  }

  #miss(why: string): void {
    this.#missing = why;
    if (this.#begun) this.#say('ss -E');
    else this.#doWithout();
  }

  /** It never told: then the table alone is no ledger either, and what the tracer tells has no counterpart. */
  #doWithout(): void {
    clearTimeout(this.#reading);
    this.#ss?.end();
    this.#ss = undefined;
  }

  #say(by: Witness): void {
    const missing = by === 'ss -E' || this.#ss === undefined ? this.#missing : undefined;
    const lost = by === 'ss -E' ? this.#lost : 0;
    this.#options.write({
      event: 'witness',
      at: Date.now(),
      by,
      ...(missing !== undefined && { missing }),
      lost,
    });
  }
}

function portOf(end: string): number {
  return Number(end.slice(end.lastIndexOf(':') + 1));
}

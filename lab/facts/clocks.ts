import type { ConnectionLine } from '../../protocol/connection-events.ts';
import { NumberList } from '../evidence/number-list.ts';
import type { Fate } from './connection-fate.ts';
import {
  figuresOf,
  isPlain,
  isSharp,
  isSilent,
  metItsEnd,
  NOT_KNOWN,
  type Range,
  SERVER_SPOKE_LAST,
  SHORTEST_MS,
  TICK_MS,
  wasRefused,
} from './connection-figures.ts';
import { lookingClock } from './looks.ts';
import { mostOfOneLength, type Ranges, spreadOf } from './same-length.ts';

/** What a clock of a server counts: the silence since the last data of either side, the age, or the wait for the first data. */
export type ClockKind = 'silence' | 'age' | 'first word';

/** What connections are compared by: the silence of both sides, that of the client alone, or the age. */
type Measure = 'silence' | 'heard' | 'age';

/** A clock of a server, by the connections that it ended. */
export interface Clock {
  kind: ClockKind;
  /** Which connections it ends: those that have sent nothing yet, or those that have. */
  whom: 'silent' | 'spoken';
  /** Its setting, as measured: the middle, the least and the most, ms. */
  ms: number;
  least: number;
  most: number;
  /** A connection whose figure is in this range is one of them, ms. */
  fits: { from: number; to: number };
  /** How many it ended, of how many that the server closed in that state after this time or longer. */
  ended: number;
  of: number;
  /** The server checks every so many ms, and ends all that are due together; absent: it ends each at its own time. */
  beatMs?: number;
}

/** Connections that a clock may have ended, but what it counts is not known. */
export interface UnclearClock extends Omit<Clock, 'kind'> {
  /** Their silence and their age, the middle, ms; the age is not always known. */
  silentMs: number;
  ageMs?: number;
  /** What else was the same for all: the age, or the moment; `unknown`: their age is not known. */
  same: 'age' | 'moment' | 'unknown';
  /** The server had sent something just before: that may have been its answer. */
  toldBefore: boolean;
}

/** The clocks of a server. */
export interface ClockFacts {
  /**
   * When connections were closed that the server had answered, that were then silent and closed in order, and whose client's next data
   * was answered with RST; ms since the epoch.
   */
  raced: readonly number[];
  /** It does not speak TLS: a connection was served with fewer bytes than a TLS handshake has. */
  plain: boolean;
  found: Clock[];
  unclear: UnclearClock[];
  /** Which of the found clocks ended this connection. */
  of(line: ConnectionLine): Clock | undefined;
}

/**
 * A clock fires and its closes are seen this late: 0 to 28 ms on idle machines (Node, asyncio, Go, nginx, haproxy). A client that does
 * not close answers the FIN up to 40 ms later (net/ipv4/tcp_input.c __tcp_ack_snd_check), and only then is the socket freed. If shorter,
 * a busy machine has no clocks. If longer, chance makes some.
 */
const LATE_MS = 60;
const LATE_PART = 0.02;
const LATEST_MS = 500;
const width = (ms: number) => Math.min(LATEST_MS, LATE_MS + LATE_PART * Math.max(0, ms));

/** Another measure must differ this many times more than the clock's own. If lower, which of the two the clock counts is a guess. */
const CLEARLY = 2.5;

/** Up to this part of a clock's closes, others may have ended just before or after. If higher, any crowd of many lengths has a clock. */
const NEAR_IT = 0.25;
/** Up to this part of a clock's closes, others may have lived on past it. */
const OUTLIVED = 0.1;

/**
 * Some servers check for due connections at this interval: redis and others every whole second, Node every `connectionsCheckingInterval`
 * (30 s). Their closes fall on a beat: within one half of the time between two beats.
 */
const BEATS_MS = [1000, 5000, 10_000, 30_000];
const ON_THE_BEAT = 0.5;
const FEW_ON_THE_BEAT = 8;
/** An age counts only above this number of beats: evenly arriving load has such ages by chance. */
const BEATS = 1.5;

/** A server that closes within this time of its own data has answered, or said goodbye, ms. */
const JUST_TOLD_MS = 100;

class RangeLists {
  readonly #from = new NumberList();
  readonly #to = new NumberList();

  push({ from, to }: Range): void {
    this.#from.push(from);
    this.#to.push(to);
  }

  ranges(): Ranges {
    return { from: this.#from.view(), to: this.#to.view() };
  }
}

/** Collects the figures of connections, and keeps no connection. */
export class ClockTimes {
  /** Connections that the server ended, from some age on. */
  readonly #flags = new NumberList();
  readonly #silent = new RangeLists();
  readonly #heard = new RangeLists();
  readonly #ages = new RangeLists();
  readonly #moments = new RangeLists();
  readonly #toldBefore = new NumberList();
  /** All others: their age at least, and for ended ones their silence. */
  readonly #otherAges = new NumberList();
  readonly #otherSilences = new NumberList();
  readonly #otherFlags = new NumberList();
  readonly #raced: number[] = [];
  #plain = false;

  /** A connection, and how it ended. */
  add(line: ConnectionLine, fate: Fate): void {
    const figures = figuresOf(line);
    if (metItsEnd(line)) this.#raced.push(line.closed?.is ?? line.at);
    if (isPlain(line)) this.#plain = true;
    const ended = fate !== 'open' && fate !== 'never accepted' && line.closedBy?.is === 'server';
    const own = ended && !wasRefused(line);
    if (own && figures.silence.to >= SHORTEST_MS) {
      this.#flags.push(figures.flags);
      this.#silent.push(figures.silence);
      this.#heard.push(figures.heard);
      this.#ages.push(figures.age);
      this.#moments.push(figures.moment);
      this.#toldBefore.push(figures.toldMs);
    } else if (own && figures.age.to >= SHORTEST_MS) {
      // The server had just sent something: an answer, or its goodbye before a clock's end.
      this.#flags.push(figures.flags);
      this.#silent.push(NOT_KNOWN);
      this.#heard.push(figures.heard);
      this.#ages.push(figures.age);
      this.#moments.push(figures.moment);
      this.#toldBefore.push(figures.toldMs);
    }
    if (ended) return;
    const oldest =
      fate === 'open'
        ? line.at - (line.complete?.is ?? line.at)
        : Number.isNaN(figures.age.from)
          ? 0
          : figures.age.from;
    this.#otherAges.push(oldest);
    this.#otherSilences.push(fate === 'open' ? 0 : figures.silence.from);
    this.#otherFlags.push(fate === 'open' ? -1 : figures.flags);
  }

  /** The clocks that ended them. */
  clocks(): ClockFacts {
    const all = Array.from({ length: this.#flags.length }, (_, at) => at);
    const saidNothing = (at: number) => isSilent({ flags: this.#flags.at(at) });
    const found: Clock[] = [];
    const unclear: UnclearClock[] = [];
    let spoken = all.filter((at) => !saidNothing(at));
    const idle = this.#search(spoken, 'silence', 'spoken');
    found.push(...idle.found);
    spoken = spoken.filter((at) => !idle.members.has(at));
    const aged = this.#search(spoken, 'age', 'spoken');
    const silences = this.#silent.ranges();
    const others = spoken.filter((at) => !aged.members.has(at) && !(this.#toldBefore.at(at) <= JUST_TOLD_MS));
    // If most of those that were not just answered ended in an unknown way, that may have ended these as well.
    if (others.length <= idle.members.size + aged.members.size) {
      found.push(...aged.found);
      spoken = spoken.filter((at) => !aged.members.has(at));
    }
    unclear.push(...this.#search(spoken, 'silence', 'spoken').unclear);
    unclear.push(
      ...this.#search(
        spoken.filter((at) => Number.isNaN(silences.to[at])),
        'heard',
        'spoken',
      ).unclear,
    );
    const silent = this.#search(all.filter(saidNothing), 'age', 'silent');
    // A connection without data has been silent since its start: with the same figure it was ended by the clock of the others.
    const kindOf = (one: Clock) =>
      found.find(({ ms, beatMs = 0 }) => Math.abs(ms - one.ms) <= beatMs + width(ms))?.kind ?? one.kind;
    found.push(...silent.found.map((one) => ({ ...one, kind: kindOf(one) })));
    unclear.push(...silent.unclear);
    return {
      found,
      unclear,
      raced: this.#raced,
      plain: this.#plain,
      of: (line) =>
        wasRefused(line)
          ? undefined
          : found.find((clock) => fits(clock, clock.kind === 'silence' ? 'silence' : 'age', line)),
    };
  }

  #search(
    among: number[],
    what: Measure,
    whom: Clock['whom'],
  ): { found: Clock[]; unclear: UnclearClock[]; members: Set<number> } {
    const out = { found: [] as Clock[], unclear: [] as UnclearClock[], members: new Set<number>() };
    const ranges = { silence: this.#silent, age: this.#ages, heard: this.#heard }[what].ranges();
    const step = Math.ceil(among.length / ENOUGH);
    const sample = step > 1 ? among.filter((_, index) => index % step === 0) : among;
    const others = whom === 'silent' ? [] : [what === 'age' ? this.#heard.ranges() : this.#ages.ranges()];
    for (const beat of [0, ...BEATS_MS]) {
      // A clock that needs no assumed beat comes first.
      if (beat === BEATS_MS[0])
        out.found.push(...this.#looking(sample, what, whom, ranges, others, out.members));
      let left = sample.filter((at) => !out.members.has(at) && isLong(ranges, at));
      for (let tries = 0; tries < MOST_CLOCKS; tries += 1) {
        const lengths = mostOfOneLength(ranges, left, (from) => beat + width(from));
        if (lengths === undefined) break;
        const { members } = lengths;
        const inIt = new Set(members);
        const before = left;
        left = left.filter((at) => !inIt.has(at));
        if (!this.#isAlone(ranges, before, members, lengths, beat)) continue;
        if (
          beat > 0 &&
          !(
            members.length >= FEW_ON_THE_BEAT &&
            lengths.from >= beat - LATE_MS &&
            this.#isOnBeat(members, beat)
          )
        )
          continue;
        const own = spreadOf(ranges, members);
        if (own === undefined) continue;
        if (
          this.#outlived(what, whom, members, own.high + width(own.high) + beat) >
          OUTLIVED * members.length
        )
          continue;
        const may = beat + Math.max(TICK_MS, Math.min(own.most, width(own.middle)));
        const onBeat = what === 'age' ? BEATS : 1;
        const clearly = beat > 0 ? onBeat : CLEARLY;
        const differs = (other: Ranges) => {
          const spread = spreadOf(other, members);
          if (spread === undefined) return undefined;
          return spread.least >= clearly * may;
        };
        const toldBefore = this.#toldJustBefore(members);
        const all = within(ranges, among, lengths);
        const clock = {
          whom,
          ms: Math.round(own.middle),
          least: Math.round(own.first),
          most: Math.round(own.last),
          fits: { from: lengths.from - TICK_MS, to: lengths.to + TICK_MS },
          ended: all.length,
          of: among.filter((at) => (ranges.to[at] as number) >= lengths.from).length,
          ...(beat > 0 && { beatMs: beat }),
        };
        const moments = differs(this.#moments.ranges());
        const same = others.map(differs);
        const isOwn = what !== 'age' || beat > 0 || !this.#maybeByBeat(members);
        if (moments && isOwn && same.every((one) => one === true) && what !== 'heard') {
          out.found.push({ kind: whom === 'silent' ? 'first word' : what, ...clock });
          for (const at of all) out.members.add(at);
          continue;
        }
        // With a beat any measure may be the same.
        if (beat > 0) continue;
        // Closes with an answer after the same time are answers.
        if (toldBefore && what !== 'heard') continue;
        const age = spreadOf(this.#ages.ranges(), members);
        const silence = spreadOf(ranges, members);
        out.unclear.push({
          ...clock,
          silentMs: Math.round(silence?.middle ?? 0),
          ...(age && { ageMs: Math.max(Math.round(age.middle), Math.round(own.middle)) }),
          same: !moments ? 'moment' : same.includes(undefined) ? 'unknown' : 'age',
          toldBefore,
        });
      }
    }
    // Connections that the server ended later, by no known clock, outlived this one as well.
    const unexplained = among.filter((at) => !out.members.has(at));
    const lived = ({ most, ended, beatMs = 0 }: Clock) => {
      const past = most + beatMs + 3 * width(most);
      return unexplained.filter((at) => (ranges.from[at] as number) > past).length > NEAR_IT * ended;
    };
    for (const clock of out.found.filter(lived)) {
      out.found.splice(out.found.indexOf(clock), 1);
      for (const at of within(ranges, among, clock.fits)) out.members.delete(at);
    }
    return out;
  }

  /** A clock that checks now and then, among the connections that no other clock ended; it adds its own to `taken`. */
  #looking(
    among: readonly number[],
    what: Measure,
    whom: Clock['whom'],
    ranges: Ranges,
    rivals: readonly Ranges[],
    taken: Set<number>,
  ): Clock[] {
    if (what === 'heard' || (what === 'age' && whom === 'spoken')) return [];
    // A connection that was just answered was closed with its answer.
    const left = among.filter(
      (at) => !taken.has(at) && !(whom === 'spoken' && this.#toldBefore.at(at) <= JUST_TOLD_MS),
    );
    const long = left.filter((at) => isLong(ranges, at));
    if (left.length - long.length > OUTLIVED * long.length) return [];
    const found = lookingClock(ranges, rivals, this.#moments.ranges(), long, width);
    if (found === undefined) return [];
    const { from, to, most, everyMs } = found;
    if (this.#outlived(what, whom, long, most + everyMs + width(most)) > OUTLIVED * long.length) return [];
    for (const at of long) taken.add(at);
    return [
      {
        kind: whom === 'silent' ? 'first word' : 'silence',
        whom,
        ms: Math.round(to),
        least: Math.round(to),
        most: Math.round(most),
        fits: { from: from - TICK_MS, to: most + TICK_MS },
        ended: long.length,
        of: left.length,
        beatMs: 10 * Math.round(everyMs / 10),
      },
    ];
  }

  /** Few or no others ended just before or after it. */
  #isAlone(
    { from, to }: Ranges,
    among: readonly number[],
    members: readonly number[],
    { from: least, to: most }: { from: number; to: number },
    beat: number,
  ): boolean {
    const wide = Math.max(3 * width(most), NEAR_IT * most);
    const near = among.filter(
      (at) => (from[at] as number) <= most + wide && (to[at] as number) >= least - wide,
    ).length;
    return near - members.length <= (beat > 0 ? OUTLIVED : NEAR_IT) * members.length;
  }

  /**
   * They end on a beat, and may have been silent for the same time, up to a beat more. Clients that come back as soon as they are closed
   * also come on a beat, and then all have one age.
   */
  #maybeByBeat(members: readonly number[]): boolean {
    const [heard, moments] = [this.#heard, this.#moments].map((one) => spreadOf(one.ranges(), members));
    return BEATS_MS.some(
      (beat) =>
        (moments?.most ?? 0) >= beat - LATE_MS &&
        (heard === undefined || heard.least <= beat + LATE_MS) &&
        this.#isOnBeat(members, beat),
    );
  }

  /** Do these end within a part of the time between two beats? */
  #isOnBeat(members: readonly number[], beat: number): boolean {
    const { to } = this.#moments.ranges();
    const phases = Float64Array.from(members, (at) => (to[at] as number) % beat).sort();
    const inArc = Math.ceil((1 - OUTLIVED) * phases.length);
    return phases.some((phase, at) => {
      const last = at + inArc - 1;
      const end = (phases[last % phases.length] as number) + (last >= phases.length ? beat : 0);
      return end - phase <= ON_THE_BEAT * beat;
    });
  }

  /** Too many in that state lived on, though they were as old, or as silent. */
  #outlived(what: Measure, whom: Clock['whom'], members: readonly number[], past: number): number {
    const spokeLast = members.filter((at) => (this.#flags.at(at) & SERVER_SPOKE_LAST) !== 0).length;
    const mostly = 2 * spokeLast > members.length ? SERVER_SPOKE_LAST : 0;
    let lived = 0;
    for (let at = 0; at < this.#otherFlags.length; at += 1) {
      const flags = this.#otherFlags.at(at);
      if (what === 'age') {
        const alike = flags < 0 ? whom === 'spoken' : isSilent({ flags }) === (whom === 'silent');
        if (alike && this.#otherAges.at(at) > past) lived += 1;
      } else if (flags >= 0 && !isSilent({ flags }) && (flags & SERVER_SPOKE_LAST) === mostly)
        if (this.#otherSilences.at(at) > past) lived += 1;
    }
    return lived;
  }

  #toldJustBefore(members: readonly number[]): boolean {
    return 2 * members.filter((at) => this.#toldBefore.at(at) <= JUST_TOLD_MS).length > members.length;
  }
}

/** This many are enough to tell. */
const ENOUGH = 5000;

/** No server has more clocks than this; and each costs a search. */
const MOST_CLOCKS = 6;

/** A length that may also be 0 is not known. */
const KNOWN_PART = 1 / 4;

/** Is its figure known, and long enough for a clock? */
function isLong({ from, to }: Ranges, at: number): boolean {
  const range = { from: from[at] as number, to: to[at] as number };
  // Otherwise it may have been closed on arrival, and then no clock ended it.
  const isKnown = range.from >= KNOWN_PART * range.to;
  return isKnown && range.to >= SHORTEST_MS && isSharp(range);
}

function within({ from, to }: Ranges, among: readonly number[], lengths: Range): number[] {
  return among.filter((at) => (from[at] as number) <= lengths.to && (to[at] as number) >= lengths.from);
}

/** Was this connection ended by that clock? */
function fits(
  { whom, fits: { from, to } }: Pick<Clock, 'whom' | 'fits'>,
  by: Measure,
  line: ConnectionLine,
): boolean {
  if (line.open || line.closedBy?.is !== 'server' || line.accepted?.is === false) return false;
  const figures = figuresOf(line);
  if (isSilent(figures) !== (whom === 'silent')) return false;
  const range = figures[whom === 'silent' ? 'age' : by];
  return range.from <= to && range.to >= from;
}

import assert from 'node:assert/strict';
import { ClockTimes } from '../../../lab/facts/clocks.ts';
import { fateOf } from '../../../lab/facts/connection-fate.ts';
import { poolCuts } from '../../../lab/facts/pool-cuts.ts';
import type { ConnectionLine, Told } from '../../../protocol/connection-events.ts';
import { closedLine } from './made-connections.ts';

const START = 1_700_000_000_000;

/** Spoken, and closed by the server in order. */
interface Made {
  at: number;
  age: number;
  /** Since the last word of either side. */
  silent?: number;
  /** Since the client's, where it is another. */
  heard?: number;
  port?: number;
  host?: string;
}

function spoken({
  at,
  age,
  silent = 0,
  heard = silent,
  port = 20_000,
  host = '10.0.0.9',
}: Made): ConnectionLine {
  const by = 'tracefs' as const;
  return {
    ...closedLine(START + at, 9, 9),
    remote: `${host}:${port + (at % 9999)}`,
    complete: { is: START + at - age, by },
    age: { is: age, by },
    silentIn: { is: heard, by: 'ss -E' },
    silentOut: { is: silent, by: 'ss -E' },
  };
}

function mute(at: number, age: number): ConnectionLine {
  const { silentIn: _, silentOut: __, ...line } = spoken({ at, age });
  return { ...line, sent: { is: 0, by: 'ss -E' }, received: { is: 0, by: 'ss -E' } };
}

const times = (number: number) => Array.from({ length: number }, (_, at) => at);
/** Between 0 and 1, and always the same. */
const any = (at: number) => (at * 0.618_034) % 1;

function clocksOf(lines: readonly ConnectionLine[]) {
  const collected = new ClockTimes();
  for (const line of lines) collected.add(line, fateOf(line));
  return collected.clocks();
}

const IDLE = times(20).map((at) =>
  spoken({ at: 150 * at, age: 1600 + 3000 * any(at), silent: 1500 + (at % 3) * 4 }),
);
const AGED = times(20).map((at) =>
  spoken({ at: 150 * at, age: 2000 + (at % 4), silent: 30 + 400 * any(at) }),
);
const MUTE = times(20).map((at) => mute(150 * at, 500 + (at % 3)));

const kinds = (lines: readonly ConnectionLine[]) =>
  clocksOf(lines).found.map(({ kind, ms, ended, of }) => [kind, ms, ended, of]);

describe('facts: clocks of a server', () => {
  it('the same silence at different ages; the same age after different silences; the same age, nothing said', () => {
    assert.deepEqual(kinds(IDLE), [['silence', 1504, 20, 20]]);
    assert.deepEqual(kinds(AGED), [['age', 2002, 20, 20]]);
    assert.deepEqual(kinds(MUTE), [['first word', 501, 20, 20]]);
    // They asked when it was over: that was not taken.
    const late = MUTE.map(
      (line, at): ConnectionLine => (at % 2 ? line : { ...line, silentIn: { is: 501, by: 'ss -E' } }),
    );
    assert.deepEqual(kinds(late), [['first word', 501, 20, 20]]);
  });

  it('several side by side, each with its own, and with what it ended', () => {
    const { found, of } = clocksOf([...IDLE, ...MUTE]);
    assert.deepEqual(found.map(({ kind }) => kind).sort(), ['first word', 'silence']);
    assert.equal(of(IDLE[3] as ConnectionLine)?.kind, 'silence');
    assert.equal(of(MUTE[3] as ConnectionLine)?.kind, 'first word');
    assert.equal(of(spoken({ at: 9, age: 900, silent: 700 })), undefined);
  });

  it('who said nothing is ended by the clock of the others where that has the same figure', () => {
    const nothing = times(8).map((at) => mute(170 * at, 1501));
    assert.deepEqual(
      clocksOf([...IDLE, ...nothing]).found.map(({ kind }) => kind),
      ['silence', 'silence'],
    );
  });

  it('a clock that looks once a second: the ends are on its beat', () => {
    const beaten = times(24).map((at) => {
      const silent = 2000 + 1000 * any(at);
      return spoken({
        at: 1000 * Math.ceil(at / 3) + 40 * (at % 3),
        age: silent + 3500 * any(7 * at),
        silent,
      });
    });
    assert.deepEqual(
      clocksOf(beaten).found.map(({ kind, beatMs }) => [kind, beatMs]),
      [['silence', 1000]],
    );
    const off = beaten.map((line, at) =>
      spoken({ at: 317 * at, age: line.age?.is ?? 0, silent: line.silentIn?.is ?? 0 }),
    );
    assert.deepEqual(clocksOf(off).found, [], 'at any moment it is none');
  });

  /** Looks at these moments, and ends what `due` says of its silence and its age. */
  function looking(looks: readonly number[], due: (silent: number, age: number, at: number) => boolean) {
    const users = times(40).map((at) => {
      const came = 90 * at;
      return { came, said: came + 1500 * any(7 * at), at };
    });
    return users.flatMap(({ came, said, at }) => {
      const ended = looks.find((look) => look > said && due(look - said, look - came, at));
      return ended === undefined ? [] : [spoken({ at: ended, age: ended - came, silent: ended - said })];
    });
  }
  const LOOKS = [900, 2000, 3060, 4290, 5300, 6400, 7430];

  it('a clock that looks now and then, however long it is until the next look', () => {
    const idle = looking(LOOKS, (silent) => silent >= 1150);
    assert.deepEqual(
      clocksOf(idle).found.map(({ kind, ended, beatMs = 0 }) => [kind, ended, beatMs > 1000]),
      [['silence', idle.length, true]],
    );
    const { least = 0 } = clocksOf(idle).found[0] ?? {};
    assert.ok(least >= 1150 && least < 1300, `${least}`);
    // Who says nothing, and a look each 210 ms: as Node looks for requests that are late.
    const silent = times(20).map((at) => {
      const ended = 210 * Math.ceil((190 * at + 1000) / 210);
      return mute(ended, ended - 190 * at);
    });
    assert.deepEqual(
      clocksOf(silent).found.map(({ kind, ended }) => [kind, ended]),
      [['first word', 20]],
    );
  });

  it('none, where what is ended at a look was spared at one before, or another clock may be it', () => {
    const silences = (lines: readonly ConnectionLine[]) =>
      clocksOf(lines).found.filter(({ kind }) => kind === 'silence');
    const anybody = looking(LOOKS, (_, __, at) => (any(at * 3) * 10) % 1 < 0.4);
    assert.deepEqual(silences(anybody), [], 'some of all');
    assert.deepEqual(silences(looking(LOOKS, (_, age) => age >= 1800)), [], 'by their age');
    assert.deepEqual(silences(looking(LOOKS, () => true)), [], 'all of them');
    assert.deepEqual(silences(looking([4290, 5300], (silent) => silent >= 1150)), [], 'two looks alone');
  });

  it('of all that came at once, or spoke as they came, it is not known which it was', () => {
    const together = times(20).map((at) => spoken({ at: at % 5, age: 1502 + (at % 5), silent: 1500 }));
    const asTheyCame = times(20).map((at) => spoken({ at: 150 * at, age: 1502, silent: 1500 }));
    const same = (lines: readonly ConnectionLine[]) => {
      const { found, unclear } = clocksOf(lines);
      return [found.length, unclear.map((one) => one.same)];
    };
    assert.deepEqual(same(together), [0, ['moment']]);
    assert.deepEqual(same(asTheyCame), [0, ['age']]);
    const { unclear } = clocksOf(asTheyCame);
    assert.deepEqual([unclear[0]?.silentMs, unclear[0]?.ageMs], [1500, 1502]);
  });

  it('none: an answer that takes its time, and then the close; ends of all ages; too few', () => {
    const answered = times(20).map((at) =>
      spoken({ at: 150 * at, age: 900 + 2000 * any(at), silent: 1, heard: 800 }),
    );
    const { found, unclear } = clocksOf(answered);
    assert.deepEqual([found, unclear.map(({ toldBefore }) => toldBefore)], [[], [true]]);
    const all = times(40).map((at) =>
      spoken({ at: 150 * at, age: 4000 + 900 * any(3 * at), silent: 300 + 3000 * any(at) }),
    );
    assert.deepEqual(kinds(all), []);
    assert.deepEqual(kinds(IDLE.slice(0, 4)), []);
  });

  it('none: a busy server that takes them late, and closes each as soon as it has, or without reading it', () => {
    const late = times(20).map((at) => mute(150 * at, 1200 + (at % 3)));
    assert.equal(clocksOf(late).found.length, 1);
    const waited = late.map((line) => ({ ...line, wait: { is: 1150, by: 'tracefs' as const } }));
    assert.deepEqual(clocksOf(waited).found, []);
    const unread = IDLE.map((line) => ({
      ...line,
      sent: { is: 0, by: 'ss -E' as const },
      unread: line.received as Told<number>,
    }));
    assert.deepEqual([clocksOf(IDLE).found.length, clocksOf(unread).found.length], [1, 0]);
  });

  it('none of those of whom it is only known that they were over by then: they may have been turned away', () => {
    const within = (least: number) =>
      times(8).map((at): ConnectionLine => {
        const line = mute(150 * at, 203);
        return { ...line, age: { is: 203, within: 203 - least, by: 'port table' } };
      });
    assert.deepEqual([clocksOf(within(0)).found.length, clocksOf(within(150)).found.length], [0, 1]);
  });

  it('none where others were as silent, and lived on until they left', () => {
    const lived = times(10).map(
      (at): ConnectionLine => ({
        ...spoken({ at: 160 * at, age: 6000, silent: 3000 }),
        closedBy: { is: 'client', by: 'tracefs' },
      }),
    );
    assert.deepEqual(kinds([...IDLE, ...lived]), []);
  });

  it('none where the server itself closed many later, which no clock explains', () => {
    const some = times(8).map((at) => spoken({ at: 150 * at, age: 1300 + at, silent: 40 + 400 * any(at) }));
    const later = times(30).map((at) =>
      spoken({ at: 170 * at, age: 2000 + 9000 * any(7 * at), silent: 300 + 1500 * any(3 * at) }),
    );
    assert.deepEqual(
      clocksOf(some).found.map(({ kind }) => kind),
      ['age'],
    );
    assert.deepEqual(clocksOf([...some, ...later]).found, []);
  });

  it('the same age of a few, where the server closed most after other ages and silences: no deadline', () => {
    const few = AGED.slice(0, 9);
    const otherwise = times(12).map((at) =>
      spoken({ at: 170 * at, age: 1400 - 700 * any(at), silent: 300 + 300 * any(at + 7) }),
    );
    assert.deepEqual(kinds(few), [['age', 2001, 9, 9]]);
    assert.deepEqual(kinds([...few, ...otherwise.slice(0, 5)]), [['age', 2001, 9, 9]]);
    assert.deepEqual(kinds([...few, ...otherwise]), []);
  });

  it('who is closed at a beat, and comes back at once, is of one age: no deadline where the silence may be what it goes by', () => {
    const back = (longest: number) =>
      times(24).map((at) =>
        spoken({
          at: 1000 * (at % 6) + 8 * any(at),
          age: 2000 + 8 * any(at + 3),
          silent: 1950 - longest * any(at + 5),
        }),
      );
    assert.deepEqual(kinds(back(900)), []);
    assert.deepEqual(
      kinds(back(1800)).map(([kind]) => kind),
      ['age'],
      'silent for a tenth of a second, or for two: it is the age',
    );
  });

  it('who comes back is seen late where only looks tell', () => {
    const looked = { by: 'port table' as const, within: 300 };
    const rare = times(20).map((at) =>
      spoken({ at: 900 * at, age: 1600 + 3000 * any(at), silent: 1500 + (at % 3) * 4 }),
    );
    const { found, of } = clocksOf(rare);
    const stays: ConnectionLine = { ...spoken({ at: 19_000, age: 19_000 }), open: true };
    const back = rare.map(({ closed }, at): ConnectionLine => {
      const line = spoken({ at: (closed?.is ?? 0) - START + 7250, age: 7000, port: 30_000 + at });
      return { ...line, complete: { ...looked, is: line.complete?.is ?? 0 } };
    });
    const [clock] = found;
    assert.ok(clock);
    assert.ok((poolCuts([...rare, stays, ...back], { of }, Infinity).get(clock)?.cameBack ?? 0) >= 10);
  });

  it('whose owners are served on, and who comes back at once', () => {
    const { found, of } = clocksOf(IDLE);
    const [clock] = found;
    assert.ok(clock);
    const stays: ConnectionLine = { ...spoken({ at: 9000, age: 9000 }), open: true };
    const cutsOf = (lines: readonly ConnectionLine[]) => poolCuts(lines, { of }, Infinity).get(clock);
    const { afterAnswer, servedOn, cameBack = 0, raced: none } = cutsOf(IDLE) ?? {};
    assert.deepEqual([afterAnswer, servedOn, none], [20, 0, 0]);
    assert.ok(cameBack < 5, 'they come as they would have come anyway');
    assert.equal(cutsOf([...IDLE, stays])?.servedOn, 20);
    const back = IDLE.map(({ closed }, at) =>
      spoken({ at: (closed?.is ?? 0) - START + 20 + 7000, age: 7000, port: 30_000 + at }),
    );
    assert.ok((cutsOf([...IDLE, ...back])?.cameBack ?? 0) >= 15);
    const raced = IDLE.map((line): ConnectionLine => ({ ...line, reset: { is: 'server', by: 'tracefs' } }));
    assert.deepEqual([clocksOf(raced).raced.length, cutsOf(raced)?.raced], [20, 20]);
  });

  it('of a hundred thousand ends without one it is known in time', () => {
    const crowd = times(100_000).map((at) =>
      spoken({ at: at / 10, age: 300 + 9000 * any(3 * at), silent: 250 + 8000 * any(at) }),
    );
    assert.deepEqual(kinds(crowd), []);
  });
});

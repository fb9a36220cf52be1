import assert from 'node:assert/strict';
import { type FleetsSpec, type LostFleet, startFleets } from '../../../lab/drivers/fleets.ts';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { native } from '../../../lab/runtimes/native.ts';
import type { Part, PartSpec } from '../../../lab/runtimes/runtime.ts';
import type { Share } from '../../../lab/settings/shares.ts';
import type { FleetDoneLine, FleetLine, PhaseLine, UserLine } from '../../../protocol/fleet-events.ts';
import { LOST } from '../../../robots/outcome.ts';
import { Listener, UPGRADED } from '../../robots/tools.ts';
import { preloaded } from '../cli/lab.ts';
import { small } from '../runtimes/stage.ts';

const USERS = 6;

/** Of so many fleets, one from each source, those of the first gateway first. */
const sharesOf = (gateways: number, sources: number): Share[] =>
  Array.from({ length: gateways * sources }, (_, index) => ({
    gateway: Math.floor(index / sources),
    source: index % sources,
    users: USERS,
    firstId: index * USERS,
  }));

/** How a fleet is another than the others, by its place among them. */
interface Odd {
  /** Its machine, and how far its clock is ahead, ms: that of its process is. */
  where?: string;
  aheadMs?: number;
}

interface Loaded {
  lines: [gateway: number, line: FleetLine][];
  lost: LostFleet[];
  /** What was said to each fleet. */
  said: string[][];
  code: number | null;
}

/** A load on fleets that are processes; `onLine` may end one. */
async function load(
  shares: Share[],
  {
    odd = [],
    port,
    onLine,
  }: { odd?: Odd[]; port?: number; onLine?: (index: number, line: FleetLine, part: Part) => void } = {},
): Promise<Loaded> {
  await using listener = await Listener.answering(UPGRADED);
  const settings = small('hold_ms=500');
  await using stage = await native.open(settings, newLabel());
  const [lines, lost]: [Loaded['lines'], LostFleet[]] = [[], []];
  const said = shares.map((): string[] => []);
  const spec: FleetsSpec = {
    settings: settings.values,
    explicit: new Set(),
    shares,
    targetOf: () => ({ host: '127.0.0.1', port: port ?? listener.port }),
    onLine: (gateway, line) => lines.push([gateway, line]),
    onProgress() {},
    onLost: (one) => lost.push(one),
  };
  const start = async (asked: PartSpec): Promise<Part> => {
    const index = shares.findIndex(({ firstId }) => String(firstId) === asked.env.USER_ID_BASE);
    const { where, aheadMs } = odd[index] ?? {};
    const env = aheadMs ? { ...asked.env, ...preloaded(clockAhead(aheadMs)) } : asked.env;
    const begun = Promise.withResolvers<Part>();
    const told = (line: unknown) => {
      asked.onLine(line);
      void begun.promise.then((part) => onLine?.(index, line as FleetLine, part));
    };
    const part = await stage.start({ ...asked, env, onLine: told });
    begun.resolve(part);
    return {
      ...part,
      ...(where !== undefined && { where }),
      ...(aheadMs !== undefined && { aheadMs }),
      say(line) {
        said[index]?.push(line);
        part.say?.(line);
      },
    };
  };
  const { code } = await (await startFleets(robots, { ...stage, start }, spec)).ended;
  return { lines, lost, said, code };
}

const clockAhead = (ms: number) => `const { now } = Date; Date.now = () => now() + ${ms};`;

const usersOf = ({ lines }: Loaded) =>
  lines.map(([, line]) => line).filter((line): line is UserLine => line.event === 'user');
const doneOf = ({ lines }: Loaded, gateway: number) =>
  lines
    .filter(([of]) => of === gateway)
    .map(([, line]) => line)
    .filter((line): line is FleetDoneLine => line.event === 'done');
const phasesOf = ({ lines }: Loaded, gateway: number) =>
  lines
    .filter(([of]) => of === gateway)
    .map(([, line]) => line)
    .filter((line): line is PhaseLine => line.event === 'phase')
    .map(({ phase }) => phase);
const isPhase = (line: FleetLine, phase: string) => line.event === 'phase' && line.phase === phase;
const kill = (part: Part) => void part.signal('SIGKILL');

describe('fleets of one load', function () {
  this.timeout(60_000);

  it('on the machine of the lab: go into each phase when they are told its name', async () => {
    const loaded = await load(sharesOf(1, 2));
    assert.deepEqual(loaded.said, Array(2).fill(['load', 'betting', 'done']));
    assert.deepEqual(loaded.lost, []);
    const [done] = doneOf(loaded, 0);
    assert.deepEqual([done?.asked, done?.open, done?.failed, done?.interrupted], [12, 12, 0, undefined]);
  });

  it('on others: begin each phase at one moment, each by its own clock', async () => {
    const began = new Map<number, number>();
    const loaded = await load(sharesOf(1, 2), {
      odd: [{}, { where: 'node2', aheadMs: 7_000_000 }],
      onLine(index, line) {
        if (line.event === 'phase' && line.phase === 'load') began.set(index, line.at);
      },
    });
    const words = loaded.said.map((lines) => lines.map((line) => line.split(' ')));
    for (const lines of words)
      assert.deepEqual(
        lines.map(([phase]) => phase),
        ['load', 'betting', 'done'],
      );
    const moments = words.map((lines) => lines.map(([, moment]) => Number(moment)));
    for (const [index, moment] of (moments[0] ?? []).entries())
      assert.equal((moments[1] as number[])[index], moment + 7_000_000);
    for (const [index, own] of moments.entries())
      assert.ok((began.get(index) as number) >= (own[0] as number), `fleet ${index} began before its moment`);
    assert.equal(doneOf(loaded, 0)[0]?.open, 12);
  });

  it('one is killed: it is named, its users are other, the rest is told to its end', async () => {
    const loaded = await load(sharesOf(1, 2), {
      odd: [{}, { where: 'node2' }],
      onLine: (index, line, part) => index === 1 && isPhase(line, 'settled') && kill(part),
    });
    assert.deepEqual(
      loaded.lost.map(({ share, where, ending, users }) => [share.source, where, ending.signal, users]),
      [[1, 'node2', 'SIGKILL', USERS]],
    );
    const users = usersOf(loaded);
    assert.deepEqual(
      users.map(({ id }) => id).sort((a, b) => a - b),
      [...Array(2 * USERS).keys()],
    );
    for (const { id, outcome, detail, stageUnknown } of users)
      if (id >= USERS) assert.deepEqual([outcome, detail, stageUnknown], ['other', LOST, true]);
      else assert.equal(outcome, 'open');
    const done = doneOf(loaded, 0);
    assert.deepEqual(
      done.map(({ asked, open, failed, interrupted }) => [asked, open, failed, interrupted]),
      [[2 * USERS, USERS, 0, true]],
    );
    assert.equal(loaded.lines.at(-1)?.[1], done[0], 'the last line');
    assert.deepEqual(phasesOf(loaded, 0), ['ready', 'load', 'settled', 'done']);
  });

  it('one is killed before the load: the others do not wait for it', async () => {
    const loaded = await load(sharesOf(1, 3), {
      onLine: (index, line, part) => index === 2 && isPhase(line, 'ready') && kill(part),
    });
    assert.deepEqual([loaded.lost.length, doneOf(loaded, 0)[0]?.open], [1, 2 * USERS]);
    assert.ok(phasesOf(loaded, 0).includes('settled'), 'the others had settled');
  });

  it('what one had told of before it was lost stays as it was told', async () => {
    await using closed = await Listener.answering(UPGRADED);
    const { port } = closed;
    await closed[Symbol.asyncDispose]();
    const loaded = await load(sharesOf(1, 2), {
      port,
      onLine: (index, line, part) => index === 0 && isPhase(line, 'settled') && kill(part),
    });
    assert.deepEqual(
      loaded.lost.map(({ users }) => users),
      [0],
    );
    assert.deepEqual([...new Set(usersOf(loaded).map(({ outcome }) => outcome))], ['refused']);
    const [done] = doneOf(loaded, 0);
    assert.deepEqual([done?.open, done?.failed, done?.interrupted], [0, 2 * USERS, true]);
  });

  it('all of one gateway are lost: its last line says that it was interrupted; the other gateway is whole', async () => {
    const loaded = await load(sharesOf(2, 1), {
      onLine: (index, line, part) => index === 0 && isPhase(line, 'settled') && kill(part),
    });
    assert.deepEqual(
      [0, 1].map((gateway) =>
        doneOf(loaded, gateway).map(({ open, failed, interrupted }) => [open, failed, interrupted]),
      ),
      [[[0, 0, true]], [[USERS, 0, undefined]]],
    );
    assert.deepEqual(
      usersOf(loaded)
        .map(({ id, detail }) => [id, detail])
        .sort(([a], [b]) => Number(a) - Number(b)),
      Array.from({ length: 2 * USERS }, (_, id) => [id, id < USERS ? LOST : undefined]),
    );
  });

  it('all are lost: no gateway has a last line, and how one ended is told', async () => {
    const loaded = await load(sharesOf(2, 1), {
      onLine: (_, line, part) => isPhase(line, 'ready') && kill(part),
    });
    assert.equal(loaded.lost.length, 2);
    assert.deepEqual([...doneOf(loaded, 0), ...doneOf(loaded, 1)], []);
    assert.equal(loaded.code, null);
  });
});

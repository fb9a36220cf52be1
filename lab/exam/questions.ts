import { defined } from '../../common/defined.ts';
import { CannotRunError, foreseen, UsageError } from '../../common/errors.ts';
import { draw } from '../../robots/rng.ts';
import { thisHost } from '../../system/host.ts';
import { type Cause, canBeMade } from '../causes/shared/cause.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Runtime, RuntimeName } from '../runtimes/runtime.ts';
import type { Overrides, SettingName } from '../settings/schema.ts';
import { type ResolvedSettings, resolveSettings } from '../settings/setting-sources.ts';
import { CAUSES } from '../verdict/registry.ts';
import { HEALTHY } from './healthy.ts';
import { PAIRS, pairId } from './pairs.ts';
import { seedOf, shuffle } from './shuffle.ts';

/** What is true of a question, and what is run for it. Whoever judges sees neither. */
export interface Question {
  /** A cause, two of them (`a+b`), or a healthy shape. */
  id: string;
  /** The causes at work; none in a healthy shape. */
  truth: readonly string[];
  /** Causes that may be called contributing although nobody fails. */
  contributing: readonly string[];
  /** What the scenario sets, in the size of this question. */
  asked: Overrides;
  settings: ResolvedSettings;
}

export interface Paper {
  questions: Question[];
  /** What is not asked here, and why. */
  skipped: { id: string; why: string }[];
}

export interface PaperOptions {
  runtime: RuntimeName;
  seed: number;
  /** How often each is asked, each time with another seed and another size. */
  repeats: number;
  pairs: boolean;
  /** Ids to ask; absent: all. */
  only?: readonly string[];
  causes?: readonly Cause[];
  /** Absent: this machine's. */
  platform?: NodeJS.Platform;
}

/** A topic is asked `repeats` times. */
interface Topic extends Pick<Question, 'id' | 'truth' | 'contributing'> {
  settings: Overrides;
  only?: Cause['only'];
}

/** The part of the questions that can be asked over TLS in which gateway and users speak it. */
const SECURE = 0.25;

/** Sizes differ by up to this part of the scenario's. */
const SPREAD = 0.2;

/** All questions in the order that the seed gives. Throws UsageError for an id that cannot be asked. */
export function writePaper(options: PaperOptions): Paper {
  const { runtime, seed, repeats, platform = thisHost.platform } = options;
  const paper: Paper = { questions: [], skipped: [] };
  for (const topic of chosen(options)) {
    if (topic.only && !canBeMade(topic.only, runtime, platform))
      paper.skipped.push({ id: topic.id, why: topic.only.why });
    else
      for (let repeat = 0; repeat < repeats; repeat += 1)
        paper.questions.push(ask(topic, seedOf(seed, topic.id, repeat)));
  }
  return { ...paper, questions: shuffle(paper.questions, seed) };
}

function chosen({ causes = CAUSES, pairs, only }: PaperOptions): Topic[] {
  const all = topicsOf(causes);
  if (only === undefined) return all.filter(({ truth }) => pairs || truth.length < 2);
  const unknown = only.find((id) => !all.some((topic) => topic.id === id));
  if (unknown !== undefined)
    throw new UsageError(`--only ${unknown}: allowed: ${all.map(({ id }) => id).join(', ')}`);
  return all.filter(({ id }) => only.includes(id));
}

/** Each cause, each healthy shape, and each pair of these causes. */
function topicsOf(causes: readonly Cause[]): Topic[] {
  const known = causes.map(({ id }) => id);
  return [
    ...causes.flatMap(({ id, scenario, only }) =>
      scenario ? [{ id, truth: [id], contributing: [], settings: scenario, ...defined({ only }) }] : [],
    ),
    ...HEALTHY.map(({ id, settings, contributing = [] }) => ({ id, truth: [], contributing, settings })),
    ...PAIRS.filter((pair) => pair.causes.every((id) => known.includes(id))).map((pair) => ({
      id: pairId(pair),
      truth: [...pair.causes].sort(),
      contributing: [],
      settings: pair.settings,
    })),
  ];
}

function ask({ id, truth, contributing, settings }: Topic, seed: number): Question {
  const factor = 1 - SPREAD + 2 * SPREAD * draw(seed, 0, 0);
  // The times of a pair are chosen so that both causes strike, those of a scenario with work for each handshake so that it alone takes
  // them up: what a handshake of TLS costs gateway and users would shift them.
  const apart = truth.length < 2 && settings.handshake_cost_ms === undefined && settings.tls === undefined;
  const secure = apart && draw(seed, 0, 1) < SECURE;
  const asked: Overrides = { ...resized(settings, factor), seed, ...(secure && { tls: 'ecdsa-p256' }) };
  return { id, truth, contributing, asked, settings: resolveSettings([], asked) };
}

/** Settings that count users: changed together they leave a scenario what it is. */
const COUNTS: readonly SettingName[] = [
  'users',
  'nofile',
  'robots_nofile',
  'max_connections',
  'max_served',
  'accept_until_users',
  'crash_at_users',
  'restart_at_users',
  'stall_at_users',
  'kill_at_users',
  'unlisten_at_users',
  'pids_max',
  'filter_beyond',
];

/** Fewer are there to meet a limit of a few exactly. */
const FEWEST = 50;

/** Of the descriptors of a process some are its own, so that a small limit does not shrink with the users. */
const LEAST_LIMIT = 100;

/** A scenario with so many times its users, and so with all limits that it sets to a number of users. */
export function resized(scenario: Overrides, factor: number): Overrides {
  if (scenario.users === undefined || Number(scenario.users) < FEWEST) return scenario;
  if ([scenario.nofile, scenario.robots_nofile].some((limit) => Number(limit) < LEAST_LIMIT)) return scenario;
  const sized: Overrides = { ...scenario };
  for (const name of COUNTS) {
    const value = Number(scenario[name] ?? 0);
    if (value > 0) sized[name] = Math.round(value * factor);
  }
  const range = /^(\d+)-(\d+)$/.exec(String(scenario.ip_local_port_range ?? ''));
  if (range) {
    const [first, last] = [Number(range[1]), Number(range[2])];
    sized.ip_local_port_range = `${first}-${first + Math.round((last - first + 1) * factor) - 1}`;
  }
  return sized;
}

/** The paper without what this runtime refuses, which is skipped with its reason. Throws CannotRunError when nothing is left. */
export async function readyPaper(
  paper: Paper,
  runtime: Runtime,
  driver: Driver,
  signal?: AbortSignal,
): Promise<Paper> {
  const refused = new Map<string, string>();
  for (const { id, settings } of paper.questions) {
    signal?.throwIfAborted();
    if (refused.has(id)) continue;
    try {
      driver.check(settings, runtime.name !== 'native');
      await runtime.check(settings, signal);
    } catch (error) {
      const known = foreseen(error);
      if (known === undefined) throw error;
      refused.set(id, known.message);
    }
  }
  const questions = paper.questions.filter(({ id }) => !refused.has(id));
  const skipped = [...paper.skipped, ...[...refused].map(([id, why]) => ({ id, why }))];
  if (questions.length === 0)
    throw new CannotRunError(
      `exam: no question is possible on ${runtime.name}: ${skipped[0]?.why ?? 'none is wanted'}`,
    );
  return { questions, skipped };
}

import { UsageError } from '../../common/errors.ts';
import { draw } from '../../robots/rng.ts';
import { thisHost } from '../../system/host.ts';
import { type Cause, canBeMade } from '../causes/shared/cause.ts';
import type { RuntimeName } from '../runtimes/runtime.ts';
import type { Overrides } from '../settings/schema.ts';
import { type ResolvedSettings, resolveSettings } from '../settings/setting-sources.ts';
import { CAUSES } from '../verdict/registry.ts';
import { HEALTHY, type Healthy } from './healthy.ts';
import { PAIRS, pairId } from './pairs.ts';
import { seedOf, shuffle } from './shuffle.ts';
import { resized } from './size.ts';

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
  const all = [...singles(causes), ...HEALTHY.map(healthy), ...together(causes)];
  if (only === undefined) return all.filter(({ truth }) => pairs || truth.length < 2);
  const unknown = only.find((id) => !all.some((topic) => topic.id === id));
  if (unknown !== undefined)
    throw new UsageError(`--only ${unknown}: allowed: ${all.map(({ id }) => id).join(', ')}`);
  return all.filter(({ id }) => only.includes(id));
}

function singles(causes: readonly Cause[]): Topic[] {
  return causes.flatMap(({ id, scenario, only }) =>
    scenario ? [{ id, truth: [id], contributing: [], settings: scenario, ...(only ? { only } : {}) }] : [],
  );
}

function together(causes: readonly Cause[]): Topic[] {
  const known = PAIRS.filter((pair) => pair.causes.every((id) => causes.some((cause) => cause.id === id)));
  return known.map((pair) => ({
    id: pairId(pair),
    truth: [...pair.causes].sort(),
    contributing: [],
    settings: pair.settings,
  }));
}

function healthy({ id, settings, contributing = [] }: Healthy): Topic {
  return { id, truth: [], contributing, settings };
}

function ask({ id, truth, contributing, settings }: Topic, seed: number): Question {
  const factor = 1 - SPREAD + 2 * SPREAD * draw(seed, 0, 0);
  const asked = { ...resized(settings, factor), seed };
  return { id, truth, contributing, asked, settings: resolveSettings([], asked) };
}

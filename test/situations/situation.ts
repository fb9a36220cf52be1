import { existsSync } from 'node:fs';
import { netns } from '../../lab/runtimes/netns.ts';
import { Field, type Where, type Who, whyNot } from '../diagnose/healthy/field.ts';
import { type Diagnosed, readDiagnosis, skipWithout, sleep } from '../diagnose/place.ts';
import { startLab } from '../lab/cli/lab.ts';
import { skip, skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { NotMade } from './made.ts';
import { assertTruth, type HEALTHY, type Truth } from './truth.ts';

/** The port of the server that is watched. */
export const PORT = 8080;

/** One server with its users, and what may be said of it. */
export interface Situation {
  /** Who the users are: somebody else's, or robots of the lab's own with these flags. */
  users: 'their own' | readonly string[];
  /** Where they come from; robots always come from beside. `elsewhere` unless told. */
  where?: Where;
  /** More flags of the watch, beside users of their own. */
  watch?: readonly string[];
  /** Starts what is there before anybody watches, the server last. Gives its pid. */
  stage(field: Field): Promise<number>;
  /** What happens while it is watched. Throws NotMade. */
  meanwhile?(field: Field, pid: number): Promise<void>;
  /** Is the situation there, when all is over? Throws NotMade. */
  check?(field: Field, pid: number, document: Diagnosed['document']): void | Promise<void>;
  /** Who runs the lab; an ordinary user is told less, so that he may miss what root must tell. */
  who?: Who;
  truth: Truth | typeof HEALTHY;
}

/** What a file of situations takes: commands by their names, other files by their paths; and whether it takes root. */
export interface Takes {
  programs?: readonly string[];
  root?: string;
}

/** Situations of one kind, in the quick form a third of them; each is made in namespaces of its own, one after another. */
export function situations(kind: string, takes: Takes, all: Record<string, Situation>): void {
  describe(`situations: ${kind}`, function () {
    this.timeout(180_000);
    skipWhenMissing(netns);
    for (const program of takes.programs ?? []) takesProgram(program);
    if (takes.root !== undefined)
      before(function () {
        if (process.getuid?.() !== 0) skip(this, takes.root as string);
      });
    const it = oneIn(3);
    for (const [title, situation] of Object.entries(all))
      it(title, async function () {
        const why = whyNot(situation.who ?? 'root');
        if (why !== undefined && situation.who !== undefined) skip(this, why);
        assertTruth(await diagnosed(situation), situation.truth);
      });
  });
}

function takesProgram(program: string): void {
  if (!program.startsWith('/')) {
    skipWithout(program);
    return;
  }
  before(function () {
    if (existsSync(program)) return;
    const why = process.env.RESETLAB_SERVERS_MISSING ?? `no ${program} on this machine`;
    if (process.env.RESETLAB_DOCKER === 'required') throw new Error(why);
    skip(this, why);
  });
}

async function diagnosed(situation: Situation): Promise<Diagnosed> {
  const { users, where = 'elsewhere', watch = [], stage, meanwhile, check, who } = situation;
  await using field = await Field.make(where);
  const pid = await stage(field).catch((error) => {
    throw new NotMade((error as Error).message);
  });
  const happens = async () => void (await meanwhile?.(field, pid));
  const answer =
    users === 'their own'
      ? (
          await field.watch(
            [who ?? (process.getuid?.() === 0 ? 'root' : 'an ordinary user')],
            [...target, ...watch],
            happens,
          )
        )[0]
      : await withRobots(field, users, happens);
  if (answer === undefined) throw new Error('nobody watched');
  await check?.(field, pid, answer.document);
  return answer;
}

const target = ['--port', String(PORT)];

async function withRobots(
  field: Field,
  flags: readonly string[],
  happens: () => Promise<void>,
): Promise<Diagnosed> {
  const { child, ended, result } = startLab(['diagnose', '--json', ...target, ...flags], {
    prefix: field.place.enter,
  });
  while (!result.stderr.includes('watching')) {
    if (child.exitCode !== null) throw new Error(result.stderr);
    await sleep(20);
  }
  const [said] = await Promise.all([ended, happens()]);
  return readDiagnosis(said);
}

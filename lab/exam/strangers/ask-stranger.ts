import { setTimeout as sleep } from 'node:timers/promises';
import { Debug } from '../../../common/debug.ts';
import { foreseen, lineOf } from '../../../common/errors.ts';
import { programAt } from '../../../common/own-files.ts';
import { retryUntil } from '../../../common/waiting.ts';
import { cacheFolder } from './install.ts';
import type { Met } from './plan.ts';
import type { Deed } from './program.ts';
import { FOLDER, familyOf, type Run, Stage } from './stage.ts';
import { markStranger, type Said, type StrangerMark } from './stranger-mark.ts';
import type { StrangerQuestion, Who } from './stranger-questions.ts';

const debug = new Debug('exam');

/** What one person's diagnosis came to. */
export interface StrangerAnswer {
  question: StrangerQuestion;
  who: Who;
  mark: StrangerMark;
  /** What the users met; of robots what the diagnosis says of them. */
  met: unknown;
  said?: Said;
  wallMs: number;
}

export interface StrangerExaminer {
  /** The lab's own program, which makes the diagnoses. */
  cli: string;
  signal?: AbortSignal;
  onFault?: (error: unknown) => void;
}

/** The ports of a stage: the server's, and those of its neighbour after it. */
const STAGE_PORTS = 10;
const FIRST_PORT = 9000;
const STAGES = 400;
let stages = process.pid % STAGES;

/**
 * The server's port in the next stage. Nobody else is in its network namespace; but root's trace does not say of which namespace an event is, so
 * that two servers at one address and port, in stages side by side, would be told apart by nobody.
 */
function nextPort(): number {
  stages += 1;
  return FIRST_PORT + (stages % STAGES) * STAGE_PORTS;
}

/** A lab may take so long to begin to watch, or to tell, ms: beside three others. */
const LAB_MS = 30_000;
/** After the last user, so that what was closed last is told, ms. */
const AFTER_MS = 400;

/** Puts a question to all its people at once; nothing when it was interrupted. */
export async function askStranger(
  question: StrangerQuestion,
  examiner: StrangerExaminer,
): Promise<StrangerAnswer[]> {
  const began = performance.now();
  const wallMs = () => Math.round(performance.now() - began);
  try {
    const answers = await put(question, examiner);
    // What was said then was cut off.
    if (examiner.signal?.aborted) return [];
    return answers.map((answer) => ({ ...answer, question, wallMs: wallMs() }));
  } catch (error) {
    if (examiner.signal?.aborted) return [];
    if (foreseen(error) === undefined) examiner.onFault?.(error);
    // Nobody was asked anything.
    const mark: StrangerMark = { kind: 'void', named: [], why: lineOf(error) };
    return question.people.map((who) => ({ question, who, mark, met: null, wallMs: wallMs() }));
  }
}

type Answered = Omit<StrangerAnswer, 'question' | 'wallMs'>;

async function put(question: StrangerQuestion, { cli, signal }: StrangerExaminer): Promise<Answered[]> {
  const { situation, where, people } = question;
  const port = nextPort();
  await using stage = await Stage.make(where, situation.sysctls);
  signal?.throwIfAborted();
  const stop = () => void stage[Symbol.asyncDispose]();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const neighbour = stage.node('beside', programAt('lab/exam/strangers/neighbour.ts'), {
      PORT: String(port + 1),
    });
    const pid = await start(question, stage, port);
    await until(neighbour, 'stdout', 'there', 'the neighbour');
    if (question.load === 'robots') return await withRobots(question, stage, { cli, port });
    const flags = ['diagnose', '--json', '--port', String(port)];
    const labs = people.map((who) => stage.lab(cli, flags, who !== 'root'));
    const missed = await Promise.all(
      labs.map((lab) => until(lab, 'stderr', 'watching', 'the lab').catch((error) => lineOf(error))),
    );
    const met = await ownLoad(question, stage, { pid, port });
    await sleep(AFTER_MS);
    const why = situation.missing(met) ?? unsaid(question, stage);
    // A lab that has ended by itself, since the server has, has told already.
    for (const { child } of labs) child.kill('SIGINT');
    return await Promise.all(
      labs.map(async (lab, index) => {
        const ended = await endOf(lab);
        const who = people[index] as Who;
        if (why !== undefined) return { who, met, mark: { kind: 'void', named: [], why } } as const;
        return { who, met, ...marked(question, ended, missed[index]) };
      }),
    );
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Undefined: its log says what is to be there, or it is not known what it would say. */
function unsaid({ situation: { log } }: StrangerQuestion, stage: Stage): string | undefined {
  return log === undefined || log.test(stage.read('log')) ? undefined : `its log does not say ${log}`;
}

async function start({ program, situation }: StrangerQuestion, stage: Stage, port: number): Promise<number> {
  const { set = {}, nofile } = situation;
  const recipe = program.recipe({
    port,
    folder: FOLDER,
    cache: cacheFolder(),
    neighbour: port + 1,
    set,
  });
  for (const [name, text] of Object.entries(recipe.files ?? {})) stage.write(name, text);
  for (const command of recipe.prepare ?? []) await stage.prepare(command);
  return debug.wait(
    `${program.name} to listen`,
    stage.serve(recipe.argv, port, {
      env: recipe.env ?? {},
      ...(nofile === undefined ? {} : { nofile }),
    }),
  );
}

/** Users of the server's own kind come, and what is to happen meanwhile does. Gives what they met. */
async function ownLoad(
  { program, situation, size }: StrangerQuestion,
  stage: Stage,
  { pid, port }: { pid: number; port: number },
): Promise<Met> {
  const plan = situation.load(program.speech, size);
  const users = stage.node('users', programAt('lab/exam/strangers/clients.ts'), {
    HOST: stage.address,
    PORT: String(port),
    PLAN: JSON.stringify(plan),
  });
  const began = performance.now();
  for (const deed of situation.deeds ?? []) {
    await sleep(Math.max(0, began + deed.atMs - performance.now()));
    act(deed, stage, { pid, port });
  }
  const { code, stdout, stderr } = await users.ended;
  if (code !== 0) throw new Error(`the users of ${program.name} ended with ${code}: ${stderr.trim()}`);
  return JSON.parse(stdout) as Met;
}

const RULES: Partial<Record<Deed['does'], string>> = {
  'drop-syn': 'drop',
  reject: 'reject with tcp reset',
};
/** Gets a rule. */
const FILTER = `nft add table inet stranger
nft add chain inet stranger in '{ type filter hook input priority 0; }'
nft add rule inet stranger in`;

function act({ does }: Deed, stage: Stage, { pid, port }: { pid: number; port: number }): void {
  const rule = RULES[does];
  if (rule !== undefined) {
    stage.shell(`${FILTER} 'tcp dport ${port} tcp flags & (syn | ack) == syn ${rule}'`);
    return;
  }
  const family = familyOf(pid);
  const send = (to: readonly number[], name: NodeJS.Signals) => {
    for (const one of to) {
      try {
        process.kill(one, name);
      } catch (error) {
        // A process for each connection ends with it: by now it may have.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  if (does === 'stop') send(family, 'SIGSTOP');
  else if (does === 'kill') send(family.toReversed(), 'SIGKILL');
  else if (does === 'reload') send([pid], 'SIGHUP');
  // The last ones serve users.
  else send(family.slice(1).slice(-Math.ceil((family.length - 1) / 2)), 'SIGKILL');
}

async function withRobots(
  question: StrangerQuestion,
  stage: Stage,
  { cli, port }: { cli: string; port: number },
): Promise<Answered[]> {
  const { program, situation, people } = question;
  const { users = 20, timeout = '4s', hold = '1s', ramp = '0' } = situation.robots ?? {};
  const flags = Object.entries({ port, load: users, kind: program.kind, timeout, hold, ramp });
  const who = people[0] as Who;
  const argv = ['diagnose', '--json', ...flags.flatMap(([name, value]) => [`--${name}`, String(value)])];
  const ended = await endOf(stage.lab(cli, argv, who !== 'root'));
  const { mark, said } = marked(question, ended);
  const fared = said?.users;
  const healthy = situation.truth.length === 0;
  const met = fared?.by ?? null;
  const silent = unsaid(question, stage);
  if (silent !== undefined) return [{ who, met, mark: { kind: 'void', named: [], why: silent } }];
  if (said && fared && healthy !== (fared.failed === 0)) {
    const why = `${fared.failed} of ${fared.asked} robots failed`;
    return [{ who, met, said, mark: { kind: 'void', named: [], why } }];
  }
  return [{ who, met, mark, ...(said ? { said } : {}) }];
}

function marked(
  { situation }: StrangerQuestion,
  { stdout, stderr, code }: Awaited<Run['ended']>,
  missed?: unknown,
): { mark: StrangerMark; said?: Said } {
  try {
    const said = JSON.parse(stdout) as Said;
    return { said, mark: markStranger(situation, said) };
  } catch {
    const why =
      typeof missed === 'string' ? missed : `exit ${code}: ${stderr.trim().split('\n').at(-1) ?? ''}`;
    return { mark: { kind: 'error', named: [], why } };
  }
}

/** Its end; it is killed when it takes too long. */
async function endOf({ child, ended }: Run): Promise<Awaited<Run['ended']>> {
  const killer = setTimeout(() => child.kill('SIGKILL'), LAB_MS);
  return ended.finally(() => clearTimeout(killer));
}

async function until(
  { child, said }: Run,
  from: 'stdout' | 'stderr',
  word: string,
  what: string,
): Promise<void> {
  const look = () => (said[from].includes(word) ? true : child.exitCode === null ? undefined : false);
  if (await retryUntil<boolean>(look, { everyMs: 20, forMs: LAB_MS })) return;
  throw new Error(`${what} did not begin: ${(said.stderr || said.stdout).trim().split('\n').at(-1)}`);
}

/**
 * Runs k6 with one of our scripts and says what it tells as the fleet's lines. K6: the binary; K6_SCRIPT: which script;
 * K6_ARGS: a JSON list of what else k6 is given; K6_CWD: where it runs. The load itself is in the scripts' own variables.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { defined } from '../../../common/defined.ts';
import { PROJECT_ROOT, programAt } from '../../../common/own-files.ts';
import type { FleetSelf } from '../../../protocol/fleet-events.ts';
import { CONNECT_SYSCTLS } from '../../../protocol/settings.ts';
import { Out } from '../../../robots/ndjson-writer.ts';
import { countDescriptors, nofile, readNofile } from '../../../system/descriptors.ts';
import { portsOf } from '../../../system/local-ports.ts';
import { readStat } from '../../../system/proc/stat.ts';
import { readSysctlNumbers } from '../../../system/sysctls.ts';
import { deathSignal } from '../../runtimes/processes.ts';
import { parseK6Line, Translation } from './translate.ts';

const PROGRESS_MS = 200;
/** k6 writes its outputs at the end, and waits for handshakes that are never answered: then it is told to stop. */
const GOODBYE_MS = 5000;
/** k6's exit code when thresholds are crossed: users failed, and that is told already (errext/exitcodes). */
const THRESHOLDS_CROSSED = 99;

/** What k6 is always given. The lab's own numbers do not leave this machine, and no port is taken for k6's own API. */
const ARGS = ['run', '--quiet', '--no-color', '--no-usage-report', '--address', '', '--log-format', 'raw'];

/** Runs k6 to its end. Gives the exit code: k6's own where it measured nothing, else 0. */
async function runK6(env: NodeJS.ProcessEnv): Promise<number> {
  const out = new Out(process.stdout);
  const translation = new Translation(Number(env.USERS), Number(env.CONNECT_TIMEOUT_MS));
  const child = start(env);
  const watch = new K6Watch(child.pid ?? 0);
  let self = watch.now();
  out.write({ event: 'phase', at: Date.now(), phase: 'ready' });
  const progress = setInterval(() => {
    self = watch.now();
    out.write(translation.progress(Date.now(), self));
  }, PROGRESS_MS);
  let finished = false;
  const finish = () => {
    if (finished) return;
    finished = true;
    clearInterval(progress);
    out.write(translation.progress(Date.now(), self));
    for (const line of translation.finish(Date.now(), self)) out.write(line);
  };
  // Once all is told the load is over, whatever k6 still has to write or to wait for.
  const told = () => {
    finish();
    setTimeout(() => child.kill('SIGINT'), GOODBYE_MS).unref();
    setTimeout(() => child.kill('SIGKILL'), 3 * GOODBYE_MS).unref();
  };
  createInterface(child.stderr as NodeJS.ReadableStream).on('line', (text) => {
    const line = parseK6Line(text);
    if (line === undefined) process.stderr.write(`${text}\n`);
    else
      for (const made of translation.take(line)) {
        out.write(made);
        if (made.event === 'phase' && made.phase === 'done') told();
      }
  });
  const { code, error } = await ended(child);
  if (error !== undefined) {
    process.stderr.write(`k6: cannot be started: ${error}\n`);
    return 3;
  }
  const measured = translation.complete || code === THRESHOLDS_CROSSED;
  if (measured || stopping) finish();
  clearInterval(progress);
  await out.finish();
  return measured ? 0 : code;
}

/** Reads how k6 is doing, from outside: what it tells of itself is no part of its console. */
class K6Watch {
  readonly #pid: number;
  readonly #ports = portsOf(1);
  readonly #sysctls = readSysctlNumbers(CONNECT_SYSCTLS);
  // Node and Go both raise the soft limit to the hard one, and k6 has inherited ours.
  readonly #nofile = nofile();

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** The state now; without /proc (macOS) and once k6 is gone, descriptors, memory and CPU are absent. */
  now(): FleetSelf {
    const stat = readStat(this.#pid);
    return defined({
      processes: 1,
      nofile: readNofile(this.#pid)?.hard ?? this.#nofile,
      descriptors: countDescriptors(this.#pid),
      ports: this.#ports,
      sysctls: this.#sysctls,
      rss: stat?.rss,
      cpuMicros: stat && stat.cpuMs * 1000,
    });
  }
}

let stopping = false;

function start(env: NodeJS.ProcessEnv): ChildProcess {
  const { K6 = 'k6', K6_SCRIPT = 'users', K6_ARGS = '[]', K6_CWD = PROJECT_ROOT } = env;
  const script = programAt(`robots/k6/${K6_SCRIPT}.ts`);
  const [command, ...args] = [...deathSignal(), K6, ...ARGS, ...(JSON.parse(K6_ARGS) as string[]), script];
  const child = spawn(command as string, args, {
    cwd: K6_CWD,
    env: { ...env, LINES: 'json' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // The summary on stdout is for people who run k6 by hand.
  child.stdout?.resume();
  const stop = () => {
    if (stopping) return;
    stopping = true;
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), 4000).unref();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  if (env.LIFELINE === 'stdin') {
    for (const event of ['end', 'error', 'close']) process.stdin.on(event, stop);
    process.stdin.resume();
  }
  return child;
}

function ended(child: ChildProcess): Promise<{ code: number; error?: string }> {
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ code: 127, error: message }));
    child.once('close', (code) => resolve({ code: code ?? 128 }));
  });
}

process.exit(await runK6(process.env));

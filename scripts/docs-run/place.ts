import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endChild, endsWithLab } from '../../common/children.ts';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { hear, type Run, Stage } from '../../lab/exam/strangers/stage.ts';
import { outsideActions } from '../../lab/verbs/actions/actions.ts';

/** Where a command runs, from the project's folder. What it leaves in `runs/` is gone with it. */
export interface Place extends AsyncDisposable {
  /** Absent: no server can be started here. */
  stage?: Stage;
  start(command: string, env: Record<string, string>): Run;
}

/** An engine is outside of all namespaces: what it ran would be, too. */
const NO_ENGINE = { DOCKER_HOST: 'unix:///no-engine' };

const RUNS = join(PROJECT_ROOT, 'runs');

/**
 * Namespaces of its own, with an empty `runs/`: no port is taken, and nothing is left.
 * @throws {CannotRunError} where there are none to be had
 */
export async function apart(): Promise<Place> {
  const stage = await Stage.make('beside');
  stage.shell(`mount -t tmpfs resetlab '${RUNS}'`);
  return {
    stage,
    start: (command, env) => stage.start(command, PROJECT_ROOT, { ...NO_ENGINE, ...env }),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

/** This machine as it is: for what has no such namespaces, and for what an engine runs. */
export function here(): Place {
  const before = new Set(readdirSync(RUNS));
  const started: ChildProcess[] = [];
  return {
    start(command, env) {
      const child = spawn('/bin/sh', ['-c', command], {
        cwd: PROJECT_ROOT,
        env: { ...outsideActions(process.env), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      started.push(endsWithLab(child, { name: 'SIGKILL', group: true }));
      return hear(child);
    },
    async [Symbol.asyncDispose]() {
      for (const child of started)
        if (child.exitCode === null && child.signalCode === null)
          endChild(child, { name: 'SIGKILL', group: true });
      for (const name of readdirSync(RUNS))
        if (!before.has(name)) rmSync(join(RUNS, name), { recursive: true, force: true });
    },
  };
}

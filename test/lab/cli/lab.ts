import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { SETTING_NAMES } from '../../../lab/settings/schema.ts';
import { ACTIONS_VARIABLES } from '../../../lab/verbs/actions/actions.ts';
import { assertPrinted } from '../schemas/documents.ts';

export const CLI = join(PROJECT_ROOT, 'lab/cli.ts');

const SETTING_VARIABLES = new Set<string>([
  ...SETTING_NAMES.map((name) => name.toUpperCase()),
  'RUNTIME',
  'DRIVER',
  'TRACE',
  'PROFILE',
  ...ACTIONS_VARIABLES,
]);

/** This environment without what would change a lab, and with `more`. */
export function cleanEnvironment(more: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !SETTING_VARIABLES.has(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...more };
}

/** What every Node below this environment loads first: code that breaks something, for what nobody foresaw. */
export function preloaded(code: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

/** For `preloaded`: the first gateway of a lab throws when it is to be started. */
export const FIRST_GATEWAY_BREAKS = `import children from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
const { spawn } = children;
let broken = false;
children.spawn = (command, args, options) => {
  if (!broken && args.some((word) => word.endsWith('gateway/main.ts'))) {
    broken = true;
    throw new TypeError('broken on purpose');
  }
  return spawn(command, args, options);
};
syncBuiltinESMExports();`;

export interface Result {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

interface LabOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Started as `command… node lab/cli.ts args…`. */
  prefix?: string[];
}

/** A started lab; `ended` gives all it said, whose documents are as their schemas say. */
export function startLab(args: string[], { cwd, env, prefix = [] }: LabOptions = {}) {
  const argv = [...prefix, process.execPath, CLI, ...args, ...ownRuns(args)];
  const child: ChildProcess = spawn(argv[0] as string, argv.slice(1), {
    cwd: cwd ?? tmpdir(),
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result: Result = { code: null, signal: null, stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    result.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    result.stderr += text;
  });
  const ended = new Promise<Result>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ ...result, code, signal }));
  }).then((ended) => {
    assertPrinted(args, ended.stdout);
    return ended;
  });
  return { child, ended, result };
}

let diagnoses: string | undefined;

/** A diagnosis leaves a folder: here with all others of this process, which are gone with it. */
function ownRuns(args: readonly string[]): string[] {
  if (args[0] !== 'diagnose' || args.includes('--runs') || args.includes('--help')) return [];
  if (diagnoses === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'resetlab-test-diagnoses-'));
    // Some labs are another user's.
    chmodSync(folder, 0o1777);
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    diagnoses = folder;
  }
  return ['--runs', diagnoses];
}

/** Runs the lab as a person does, in a folder without a .env. */
export function lab(args: string[], options?: LabOptions): Promise<Result> {
  return startLab(args, options).ended;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A folder that is gone after the tests of the suite. */
export function scratch(): () => string {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'resetlab-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}

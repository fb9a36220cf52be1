import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** npm says its last words in this time, ms. */
const GRACE_MS = 5000;
// Nothing that we need comes from an install script, and theirs would run as root wherever we do.
const FLAGS = ['--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund'];
// Whatever NODE_ENV or the user's npm settings say: the tools are needed, and so is Node itself.
const EVERYTHING = ['--include=dev', '--include=optional'];
// npm may run on an older Node than the one that it brings, on which everything else runs.
const ANY_NODE = ['--engine-strict=false'];

/** Ends setup with exit code 3: this machine cannot do it. */
export class Impossible extends Error {
  exitCode = 3;
}

/** Ends setup as a shell reports Ctrl-C. */
class Interrupted extends Error {
  exitCode = 130;
}

/**
 * Runs `npm ci` in `root`, with nothing on stdout. Throws Impossible, with npm's own first words, when it fails.
 *
 * @param {string} root
 */
export async function install(root) {
  const { command, first } = npm(root);
  const child = spawn(command, [...first, 'ci', ...FLAGS, ...EVERYTHING, ...ANY_NODE], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: pathWithout(join(root, 'node_modules')) },
    // A group of its own, so that a signal ends npm together with what it has started.
    detached: true,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  let interrupted;
  let late;
  const pass = (signal) => {
    interrupted = signal;
    tell(child.pid, signal);
    // Who was started with the signal ignored does not hear it.
    late ??= setTimeout(() => tell(child.pid, 'SIGKILL'), GRACE_MS);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ error: error.message }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  clearTimeout(late);
  for (const signal of SIGNALS) process.off(signal, pass);
  if (interrupted)
    throw new Interrupted(`npm ci was interrupted by ${interrupted}; the next start does it again`);
  if (ended.code !== 0) throw new Impossible(`npm ci failed in ${root}: ${reason(ended, said)}`);
}

/** Sends a signal to a process group; nothing when it is gone. */
function tell(pid, signal) {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/** npm and a Node to run it on, both outside of node_modules, which npm is about to empty. */
function npm(root) {
  const { npm_node_execpath: node, npm_execpath: cli } = process.env;
  const outside = (path) =>
    path && existsSync(path) && !realpathSync(path).startsWith(realpathSync(root) + sep);
  if (outside(node) && outside(cli)) return { command: node, first: [cli] };
  return { command: 'npm', first: [] };
}

function pathWithout(modules) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((folder) => !folder.startsWith(modules)).join(delimiter);
}

function reason(ended, said) {
  const lines = said.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, ''));
  return ended.error ?? lines.find((line) => / /.test(line)) ?? `it ended with ${ended.signal ?? ended.code}`;
}

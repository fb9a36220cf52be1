/**
 * Runs before every npm script: makes node_modules what package-lock.json says, and says what is missing when the
 * Node that the scripts get is too old. Plain JavaScript without a dependency, for Node 18 and up, because it runs
 * before anything is installed. Writes nothing to stdout: that belongs to the script that follows.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Impossible, install } from './setup/install.mjs';
import { acquire } from './setup/lock.mjs';

const OLDEST = [22, 18];
const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.resetlab-setup.json');
const ownNode = join(modules, '.bin', 'node');

/** What node_modules has to be made from: the lock file, for this kind of machine. */
function wanted() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}`;
}

/** The Node version that npm's scripts get when node_modules is as `wanted` says, else undefined. */
function installed(from) {
  try {
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8'));
    if (stamp.from !== from) return undefined;
    // Without a Node of the project's own the scripts get the one of the PATH, which is the one that runs this.
    return existsSync(ownNode) ? stamp.node : process.version;
  } catch {
    return undefined;
  }
}

/** Writes down that node_modules is whole. Gives the version of the Node that scripts get. */
function stamp(from) {
  let node = process.version;
  try {
    if (existsSync(ownNode)) node = execFileSync(ownNode, ['--version'], { encoding: 'utf8' }).trim();
  } catch (error) {
    throw new Impossible(`node_modules/.bin/node does not run here (${error.message.split('\n')[0]})`);
  }
  writeFileSync(stampFile, JSON.stringify({ from, node }));
  return node;
}

function checkNode(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new Impossible(
    `Node ${OLDEST.join('.')} or newer is missing: scripts get ${version} here; install Node 24 and try again`,
  );
}

async function main() {
  const from = wanted();
  let node = installed(from);
  if (!node) {
    const release = await acquire(join(root, '.setup.lock'), () =>
      console.error('setup: another npm ci is at work here, waiting for it'),
    );
    try {
      node = installed(from);
      if (!node) {
        console.error('setup: npm ci (node_modules is missing or older than package-lock.json)');
        // From here on until the new stamp is written nobody takes node_modules for whole.
        rmSync(stampFile, { force: true });
        await install(root);
        node = stamp(from);
      }
    } finally {
      release();
    }
  }
  checkNode(node);
}

main().catch((error) => {
  console.error(`setup: ${error.message}`);
  process.exitCode = error.exitCode ?? 1;
});

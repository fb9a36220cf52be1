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
import { bringsNone, isEnough, missing, oldestOf, packageFor } from './setup/node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.resetlab-setup.json');
const ownNode = join(modules, '.bin', 'node');

/** A file of the project, as text. */
const read = (name) => readFileSync(join(root, name), 'utf8');

/** What node_modules has to be made from: the lock file, for this kind of machine. */
function wanted() {
  const lock = read('package-lock.json');
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

/** True when a Node of the project's own is there, or comes with node_modules. */
function bringsNode() {
  return (
    existsSync(ownNode) ||
    `node_modules/${packageFor(process)}` in JSON.parse(read('package-lock.json')).packages
  );
}

/** Writes down that node_modules is whole. Gives the version of the Node that scripts get. */
function stamp(from) {
  const node = existsSync(ownNode) ? ownVersion() : process.version;
  writeFileSync(stampFile, JSON.stringify({ from, node }));
  return node;
}

/**
 * The version of the project's own Node. It is built for glibc: where it does not run (Alpine), it makes way for the
 * one of the PATH, if that is new enough.
 */
function ownVersion() {
  try {
    return execFileSync(ownNode, ['--version'], { encoding: 'utf8' }).trim();
  } catch (error) {
    const why = `the lab's own does not run (${error.message.split('\n')[0]})`;
    checkNode(process.version, `and ${why}`);
    rmSync(ownNode);
    console.error(`setup: scripts get ${process.version}: ${why}`);
    return process.version;
  }
}

/** Throws Impossible when scripts get a Node that cannot run them; `why` not the project's own, where that is known. */
function checkNode(version, why) {
  const oldest = oldestOf(JSON.parse(read('package.json')).engines?.node);
  if (!isEnough(version, oldest)) throw new Impossible(missing(process, version, oldest, why));
}

async function main() {
  const from = wanted();
  let node = installed(from);
  if (!node) {
    // Nothing is fetched for a Node that cannot run it.
    if (!bringsNode()) checkNode(process.version, bringsNone(process));
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

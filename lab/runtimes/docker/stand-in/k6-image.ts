import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine, run } from '../../../../common/run-command.ts';
import { K6_IMAGE, K6_VERSION } from '../../../../system/k6-version.ts';
import { type Chosen, ensureOrigin, type Origin, STAND_IN_LABEL } from './base-image.ts';
import { ensureK6 } from './build-k6.ts';

const FILES = 'FROM scratch\nCOPY k6 /usr/bin/k6\n';
/** Another version, or another way to make it, is another image. */
const MADE_OF = createHash('sha256').update(`${FILES}${K6_VERSION}`).digest('hex').slice(0, 12);
const DOCKERFILE = `${FILES}LABEL ${STAND_IN_LABEL}=${MADE_OF}\n`;

/** Where k6's image comes from; a stand-in holds the k6 of this machine. */
export function k6Origin(): Origin {
  return {
    official: K6_IMAGE,
    standIn: process.platform === 'linux' ? `resetlab-k6-base:${MADE_OF}` : undefined,
  };
}

/** Makes k6's image available: see `ensureOrigin`. */
export function ensureK6BaseImage(signal?: AbortSignal): Promise<Chosen> {
  const make = async (name: string) => {
    const k6 = await ensureK6(signal);
    signal?.throwIfAborted();
    if ('reason' in k6) throw new Error(k6.reason);
    if (k6.version !== K6_VERSION) throw new Error(`${k6.path} is ${k6.version}; allowed: ${K6_VERSION}`);
    await standIn(k6.path, name);
  };
  return ensureOrigin(k6Origin(), make, signal);
}

async function standIn(path: string, name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'resetlab-k6-'));
  try {
    copyFileSync(path, join(folder, 'k6'));
    writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE);
    const ran = await run('docker', ['build', '--quiet', '--tag', name, folder], { timeoutMs: 120_000 });
    if (ran.code !== 0) throw new Error(lastLine(ran));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

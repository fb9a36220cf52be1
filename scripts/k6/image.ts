import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { K6_IMAGE, K6_VERSION } from '../../lab/drivers/k6/version.ts';
import { imageState, pull, STAND_IN_LABEL } from '../engine/image.ts';
import { lastLine, run } from '../engine/run.ts';
import { ensureK6 } from './build.ts';

const DOCKERFILE = `FROM scratch\nCOPY k6 /usr/bin/k6\nLABEL ${STAND_IN_LABEL}=k6\n`;

/**
 * Makes k6's image available: as it is, from its registry, or as a stand-in that holds the k6 of this machine. Gives a
 * note or throws.
 */
export async function ensureK6BaseImage(): Promise<string | undefined> {
  if ((await imageState(K6_IMAGE)) !== 'missing') return undefined;
  const failed = await pull(K6_IMAGE);
  if (failed === undefined) return undefined;
  const k6 = process.platform === 'linux' ? await ensureK6() : { reason: 'this is no Linux' };
  if ('reason' in k6)
    throw new Error(`${K6_IMAGE} can not be pulled (${failed}), and none can be made here: ${k6.reason}`);
  if (k6.version !== K6_VERSION)
    throw new Error(
      `${K6_IMAGE} can not be pulled (${failed}), and ${k6.path} is ${k6.version}; allowed is ${K6_VERSION}`,
    );
  await standIn(k6.path);
  return `${K6_IMAGE} is a stand-in made here of ${k6.path}: its registry does not answer`;
}

async function standIn(path: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'resetlab-k6-'));
  try {
    copyFileSync(path, join(folder, 'k6'));
    writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE);
    const ran = await run('docker', ['build', '--quiet', '--tag', K6_IMAGE, folder], { timeoutMs: 120_000 });
    if (ran.code !== 0) throw new Error(`a stand-in for ${K6_IMAGE} can not be made: ${lastLine(ran)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

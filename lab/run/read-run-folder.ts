import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileKeptLine } from '../evidence/collect.ts';
import { type Evidence, nothingMeasured } from '../evidence/evidence.ts';
import type { KeptLine } from '../evidence/lab-lines.ts';
import { takeServersResets } from '../evidence/reset-at-server.ts';
import type { RuntimeName } from '../runtimes/runtime.ts';
import type { Settings } from '../settings/schema.ts';
import { usersOfEach } from '../settings/shares.ts';
import { EVIDENCE_FILES } from './evidence-files.ts';
import type { Manifest } from './manifest.ts';
import { readJson, readLines } from './read-json.ts';
import type { RunManifest } from './run-manifest.ts';
import type { VerdictDocument } from './verdict-document.ts';

/**
 * What a run's folder holds of the evidence, `prefix` being `fix-` for the second run in it. One of an earlier version has not the
 * fleet's last line, nor an unexpected exit of the gateway. Throws UsageError for a file that cannot be read.
 */
export function readEvidence(folder: string, document: VerdictDocument, prefix = ''): Evidence[] {
  const { asked, exclusive, fix } = readJson(join(folder, 'manifest.json')) as Partial<RunManifest> & {
    asked: Settings;
  };
  const settings = prefix === '' ? asked : (fix?.asked ?? asked);
  return fileAll(folder, prefix, {
    host: document.host,
    runtime: document.runtime as RuntimeName,
    driver: document.driver,
    exclusive: exclusive ?? document.runtime !== 'native',
    // How many users it was to be may have been decided only when the gateway had started.
    asked: { ...settings, users: document.users.asked },
  });
}

/** Evidence of the second run, where there was one. */
export function readFixed(folder: string, document: VerdictDocument): Evidence[] | undefined {
  if (document.fix === null || document.fix.error !== undefined) return undefined;
  if (!existsSync(join(folder, 'fix-users.ndjson'))) return undefined;
  return readEvidence(folder, document, 'fix-');
}

/** What a folder holds of the evidence, with what its own manifest says of it. Throws UsageError for a file that cannot be read. */
export function readKept(folder: string, manifest: Manifest, prefix = ''): Evidence[] {
  const { host, runtime, driver, exclusive = false, asked } = manifest;
  return fileAll(folder, prefix, { host, runtime, driver, exclusive, asked }, []);
}

function fileAll(
  folder: string,
  prefix: string,
  base: Parameters<typeof nothingMeasured>[0],
  needed = ['users', 'samples'],
): Evidence[] {
  const { asked } = base;
  // An earlier version knew one gateway alone.
  const { gateways = 1 } = asked as Partial<Settings>;
  const evidences = usersOfEach({ users: asked.users, gateways }).map((users) =>
    nothingMeasured({ ...base, asked: { ...asked, gateways, users } }),
  );
  for (const name of EVIDENCE_FILES) {
    const path = join(folder, `${prefix}${name}.ndjson`);
    for (const line of readLines(path, !needed.includes(name))) {
      const [number, kept] = gateways > 1 ? ofGateway(line as { gateway?: number }) : [1, line];
      const evidence = evidences[number - 1];
      if (evidence) fileKeptLine(evidence, kept as KeptLine);
    }
  }
  for (const evidence of evidences) takeServersResets(evidence);
  return evidences;
}

/** Of which gateway a line is, from 1, and the line as it was filed. */
function ofGateway({ gateway = 1, ...line }: { gateway?: number }): [number, object] {
  return [gateway, line];
}

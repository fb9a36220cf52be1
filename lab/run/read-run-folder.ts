import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { FleetLine } from '../../protocol/fleet-events.ts';
import type { GatewayLine } from '../../protocol/gateway-events.ts';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import { fileFleetLine, fileGatewayLine, fileObserverLine } from '../evidence/collect.ts';
import { type Evidence, noEvidence } from '../evidence/evidence.ts';
import type { RuntimeName } from '../runtimes/runtime.ts';
import type { Settings } from '../settings/schema.ts';
import type { VerdictDocument } from './verdict-document.ts';

/**
 * What a run's folder holds of the evidence, `prefix` being `fix-` for the second run in it. The fleet's last line and an
 * unexpected exit of the gateway are not kept there. Throws UsageError for a file that cannot be read.
 */
export function readEvidence(folder: string, document: VerdictDocument, prefix = ''): Evidence {
  const manifest = readJson(join(folder, 'manifest.json')) as { asked: Settings };
  const evidence = noEvidence({
    host: document.host,
    runtime: document.runtime as RuntimeName,
    driver: document.driver,
    exclusive: document.runtime !== 'native',
    // How many users it was to be may have been decided only when the gateway had started.
    asked: { ...manifest.asked, users: document.users.asked },
  });
  for (const file of ['users', 'samples']) {
    for (const line of readLines(join(folder, `${prefix}${file}.ndjson`))) {
      fileGatewayLine(evidence, line as GatewayLine);
      fileFleetLine(evidence, line as FleetLine);
      if (line.event === 'snapshot' || line.event === 'observed')
        fileObserverLine(evidence, line as ObserverLine);
    }
  }
  return evidence;
}

/** Evidence of the second run, where there was one. */
export function readFixed(folder: string, document: VerdictDocument): Evidence | undefined {
  if (document.fix === null || !existsSync(join(folder, 'fix-users.ndjson'))) return undefined;
  return readEvidence(folder, document, 'fix-');
}

/** A JSON file. Throws UsageError where there is none, or no JSON in it. */
export function readJson(path: string): unknown {
  return parse(read(path), path);
}

/** A file of one JSON object a line; a last line that was cut off is left out. */
function readLines(path: string): { event: string }[] {
  const text = read(path);
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.flatMap((line, index) =>
    line === '' ? [] : [parse(line, `${path}:${index + 1}`) as { event: string }],
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${where}: not JSON`);
  }
}

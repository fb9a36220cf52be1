import { basename } from 'node:path';
import { machine } from '../html/section-parts.ts';
import { markdownCode, markdownText } from './inline.ts';

/** What tells of the measurement in any document. */
export interface Made {
  host: Parameters<typeof machine>[0];
  runtime?: string;
  driver?: string;
  seed?: number;
  path?: string | null;
}

/** By what it was measured, and the name of the folder: the way there is nobody else's business. */
export function madeOn({ host, runtime, driver, seed, path }: Made): string {
  const known = { runtime, driver, seed };
  const parts = Object.entries(known).flatMap(([name, value]) =>
    value === undefined ? [] : `${name} ${value}`,
  );
  const folder = path ? `; folder ${markdownCode(basename(path))}` : '';
  return `<sub>${markdownText(['resetlab', machine(host), ...parts].join(', '))}${folder}</sub>`;
}

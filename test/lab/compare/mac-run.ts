import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import type { ObserverLine } from '../../../protocol/observer-events.ts';

/** What such a run is said to have counted. */
export const MAC_COUNTERS = {
  'darwin tcp listen queue overflows': 37,
  'darwin tcp bad connection attempts': 12,
};

/**
 * A folder as a run on a Mac leaves it, made from a run on Linux: host, runtime, sysctls and counters are put in the place of
 * Linux's, in the format that lab/evidence/darwin writes. No Mac has run it; its numbers mean nothing.
 */
export function asFromMac(folder: string, copy: string): string {
  cpSync(folder, copy, { recursive: true });
  edit<VerdictDocument>(join(copy, 'verdict.json'), (document) => {
    const { nofile = 0, backlog = 0, connect_timeout_ms = 0 } = document.settings;
    return {
      ...document,
      runtime: 'native',
      host: { ...document.host, os: 'darwin', kernel: '24.5.0' },
      settings: {
        nofile,
        backlog,
        connect_timeout_ms,
        'kern.ipc.somaxconn': 128,
        'net.inet.ip.portrange.first': 49_152,
        'net.inet.ip.portrange.last': 65_535,
      },
    };
  });
  const samples = join(copy, 'samples.ndjson');
  const lines = readFileSync(samples, 'utf8').trimEnd().split('\n');
  const zero = Object.fromEntries(Object.keys(MAC_COUNTERS).map((name) => [name, 0]));
  const darwin = lines.map((text) => {
    const line = JSON.parse(text) as ObserverLine;
    if (line.event === 'snapshot') return { ...line, counters: zero };
    return line.event === 'observed' ? { ...line, deltas: MAC_COUNTERS } : line;
  });
  writeFileSync(samples, `${darwin.map((line) => JSON.stringify(line)).join('\n')}\n`);
  return copy;
}

function edit<T>(path: string, change: (value: T) => T): void {
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as T)));
}

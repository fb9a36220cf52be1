import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { type PlannedCell, planCells } from '../../../lab/sweep/cells.ts';
import type { SweepCell, SweepDocument } from '../../../lab/sweep/sweep-document.ts';
import { readSweepFile } from '../../../lab/sweep/sweep-file.ts';

/** Writes a file for one test and gives its path to `use`; it is gone afterwards. */
export function withFile<T>(text: string, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'resetlab-sweep-'));
  try {
    const path = join(folder, 'x.yaml');
    writeFileSync(path, text);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The cells of a file's text; `auto` stands for netns. */
export function planned(text: string): PlannedCell[] {
  return withFile(text, (path) =>
    planCells(readSweepFile(path), (name) => (name === 'auto' ? 'netns' : name)),
  );
}

/** A cell as it might have run. */
export function cellOf(more: Partial<SweepCell> = {}): SweepCell {
  return {
    id: 'nofile=64,runtime=netns',
    varies: { nofile: 64 },
    settings: { nofile: 64 },
    users: { asked: 60, open: 41, failed: 19, by: [] },
    runtime: 'netns',
    verdict: verdictOf(),
    causes: ['fd-exhaustion'],
    error: null,
    expected: null,
    wallMs: 1234,
    ...more,
  };
}

export function documentOf(cells: SweepCell[], name = 'test'): SweepDocument {
  return {
    schema: 1,
    name,
    startedAt: '2026-11-23T22:00:00.000Z',
    complete: true,
    host: { os: 'linux', kernel: '6', node: 'v24' },
    cells,
    path: null,
  };
}

/** A verdict of 60 users of whom 19 were reset. */
export function verdictOf(more: Partial<VerdictDocument> = {}): VerdictDocument {
  return {
    schema: 1,
    name: 'x',
    complete: true,
    host: { os: 'linux', kernel: '6', node: 'v24' },
    runtime: 'netns',
    driver: 'robots',
    seed: 1,
    settings: {},
    users: {
      asked: 60,
      open: 41,
      failed: 19,
      by: [
        { outcome: 'open', stage: 'open', errno: null, count: 41 },
        { outcome: 'reset', stage: 'upgrade', errno: 'ECONNRESET', count: 12 },
        { outcome: 'reset', stage: 'upgrade', errno: 'EPIPE', count: 7 },
      ],
    },
    bets: { placed: 0, acked: 0, recorded: 0, lost: 0, doubled: 0 },
    threshold: { measured: 41, predicted: 41, law: 'law', atLeast: false },
    verdicts: [{ cause: 'fd-exhaustion', verdict: 'confirmed', explains: 19, for: [], against: [] }],
    fix: null,
    observer: null,
    times: { settledMs: 5 },
    path: null,
    ...more,
  } as VerdictDocument;
}

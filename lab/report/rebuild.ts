import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { CompareDocument } from '../compare/comparison-document.ts';
import { readEvidence, readFixed, readJson } from '../run/read-run-folder.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import type { SweepDocument } from '../sweep/sweep-document.ts';
import type { ThresholdsDocument } from '../threshold/threshold-document.ts';
import { compareHtml, reportHtml, sweepHtml, thresholdsHtml } from './pages.ts';

export type ReportKind = 'run' | 'threshold' | 'sweep' | 'compare';

/** The document that tells each kind of folder. */
const DOCUMENT: Record<ReportKind, string> = {
  run: 'verdict.json',
  threshold: 'threshold.json',
  sweep: 'sweep.json',
  compare: 'compare.json',
};

/** The page that each kind leaves. */
export const PAGE: Record<ReportKind, string> = {
  run: 'report.html',
  threshold: 'report.html',
  sweep: 'report.html',
  compare: 'compare.html',
};

/**
 * The report of a folder, from what was measured then. Throws UsageError when there is no run in it, or one that cannot
 * be read.
 */
export function rebuildReport(folder: string): { kind: ReportKind; html: string } {
  const kind = (Object.keys(DOCUMENT) as ReportKind[]).find((name) =>
    existsSync(join(folder, DOCUMENT[name])),
  );
  if (kind === undefined)
    throw new UsageError(
      `${folder}: ${why(folder)}; allowed: a folder that has one of ${Object.values(DOCUMENT).join(', ')}`,
    );
  const path = join(folder, DOCUMENT[kind]);
  const document = readJson(path) as { schema?: unknown } | null;
  if (document?.schema !== 1)
    throw new UsageError(`${path}: schema ${JSON.stringify(document?.schema) ?? 'missing'}; allowed: 1`);
  return { kind, html: render(kind, folder, document) };
}

function render(kind: ReportKind, folder: string, document: object): string {
  if (kind === 'threshold') return thresholdsHtml(document as ThresholdsDocument);
  if (kind === 'sweep') return sweepHtml(document as SweepDocument);
  if (kind === 'compare') return compareHtml(document as CompareDocument);
  const run = document as VerdictDocument;
  return reportHtml(run, readEvidence(folder, run), readFixed(folder, run));
}

function why(folder: string): string {
  if (!existsSync(folder)) return 'no such folder';
  if (existsSync(join(folder, 'manifest.json'))) return 'the run there was killed before it had a result';
  return 'no run in it';
}

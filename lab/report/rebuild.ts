import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { readEvidence, readFixed, readJson } from '../run/read-run-folder.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import { compareHtml, reportHtml, sweepHtml, thresholdsHtml } from './pages.ts';

/** By kind of folder: the document that tells it, the page that it leaves, and how that is made. */
const KINDS: Record<
  string,
  { document: string; page: string; render(document: object, folder: string): string }
> = {
  run: {
    document: 'verdict.json',
    page: 'report.html',
    render: (run: VerdictDocument, folder) =>
      reportHtml(run, readEvidence(folder, run), readFixed(folder, run)),
  },
  threshold: { document: 'threshold.json', page: 'report.html', render: thresholdsHtml },
  sweep: { document: 'sweep.json', page: 'report.html', render: sweepHtml },
  compare: { document: 'compare.json', page: 'compare.html', render: compareHtml },
};

/**
 * The report of a folder, from what was measured then, and the name of its page. Throws UsageError when there is no run in it,
 * or one that cannot be read.
 */
export function rebuildReport(folder: string): { kind: string; page: string; html: string } {
  const found = Object.entries(KINDS).find(([, { document }]) => existsSync(join(folder, document)));
  if (found === undefined)
    throw new UsageError(
      `${folder}: ${why(folder)}; allowed: a folder that has one of ${Object.values(KINDS)
        .map(({ document }) => document)
        .join(', ')}`,
    );
  const [kind, { document: name, page, render }] = found;
  const path = join(folder, name);
  const document = readJson(path) as { schema?: unknown } | null;
  if (document?.schema !== 1)
    throw new UsageError(`${path}: schema ${JSON.stringify(document?.schema) ?? 'missing'}; allowed: 1`);
  return { kind, page, html: render(document, folder) };
}

function why(folder: string): string {
  if (!existsSync(folder)) return 'no such folder';
  if (existsSync(join(folder, 'manifest.json'))) return 'the run there was killed before it had a result';
  return 'no run in it';
}

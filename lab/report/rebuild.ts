import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { ClimbDocument } from '../climb/climb-document.ts';
import { type DiagnosisManifest, diagnoseAgain } from '../diagnose/diagnose-again.ts';
import { judgeAgain } from '../run/judge-again.ts';
import { type Manifest, readManifest } from '../run/manifest.ts';
import { readJson } from '../run/read-json.ts';
import { readEvidence, readFixed } from '../run/read-run-folder.ts';
import type { RunManifest } from '../run/run-manifest.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import type { ServerThresholdDocument } from '../threshold/strangers/server-threshold-document.ts';
import type { ThresholdsDocument } from '../threshold/threshold-document.ts';
import type { MarkdownTelling } from './markdown/findings-markdown.ts';
import {
  climbMarkdown,
  comparisonMarkdown,
  diagnosisMarkdown,
  runMarkdown,
  serverThresholdMarkdown,
  sweepMarkdown,
  thresholdMarkdown,
} from './markdowns.ts';
import {
  climbHtml,
  compareHtml,
  diagnosisHtml,
  reportHtml,
  serverThresholdHtml,
  sweepHtml,
  thresholdsHtml,
} from './pages.ts';

/** By kind of folder, those of runs being of earlier versions: the document that tells it, the page that it leaves, and how both are put. */
const KINDS: Record<
  string,
  {
    document: string;
    page: string;
    /** What such a document cannot be without. */
    needs: readonly string[];
    render(document: object, folder: string): string;
    markdown(document: object, telling?: MarkdownTelling): string;
  }
> = {
  run: {
    document: 'verdict.json',
    page: 'report.html',
    needs: ['host', 'settings', 'users', 'bets', 'threshold', 'verdicts'],
    render: (run: VerdictDocument, folder) =>
      reportHtml(run, readEvidence(folder, run), readFixed(folder, run)),
    markdown: runMarkdown,
  },
  threshold: {
    document: 'threshold.json',
    page: 'report.html',
    needs: ['host', 'points'],
    render: (found: ThresholdsDocument | ServerThresholdDocument) =>
      found.vary === null ? serverThresholdHtml(found) : thresholdsHtml(found),
    markdown: (found: ThresholdsDocument | ServerThresholdDocument) =>
      found.vary === null ? serverThresholdMarkdown(found) : thresholdMarkdown(found),
  },
  sweep: {
    document: 'sweep.json',
    page: 'report.html',
    needs: ['host', 'cells'],
    render: sweepHtml,
    markdown: sweepMarkdown,
  },
  climb: {
    document: 'climb.json',
    page: 'report.html',
    needs: ['host', 'steps', 'loads', 'paper'],
    render: (climbed: ClimbDocument) => climbHtml(climbed),
    markdown: (climbed: ClimbDocument) => climbMarkdown(climbed),
  },
  compare: {
    document: 'compare.json',
    page: 'compare.html',
    needs: ['host', 'columns', 'differences'],
    render: compareHtml,
    markdown: comparisonMarkdown,
  },
};

/** What tells of a folder: the manifest of a run or a diagnosis, else a document. */
const TOLD_BY = ['manifest.json', ...Object.values(KINDS).map(({ document }) => document)];

/** A folder that was read again, of a run and a diagnosis judged anew. */
export interface Reread {
  kind: string;
  /** The name of its page. */
  page: string;
  /** False: it was ended before all was measured, or not all could be kept. */
  complete: boolean;
  /** What the folder is made into: files by their names, the page among them. */
  files(): Record<string, string>;
  /** The report as Markdown; nothing is written. */
  markdown(telling?: MarkdownTelling): string;
}

/** What a folder is made into: files by their names, `page` being that of its report. */
export interface Rebuilt extends Pick<Reread, 'kind' | 'page' | 'complete'> {
  files: Record<string, string>;
}

/**
 * The report of a folder, from what was measured then; of a run and a diagnosis the verdict anew as well. Throws UsageError when
 * there is none of them in it, or one that cannot be read.
 */
export function rebuildReport(folder: string): Rebuilt {
  const { kind, page, complete, files } = rereadFolder(folder);
  return { kind, page, complete, files: files() };
}

/** The same, with what it is made into left for later. Throws UsageError likewise, also when the files are made. */
export function rereadFolder(folder: string): Reread {
  const manifest = isFolder(folder) ? readManifest(folder) : undefined;
  if (manifest) return rejudge(folder, manifest);
  const found = Object.entries(KINDS).find(([, { document }]) => existsSync(join(folder, document)));
  if (found === undefined)
    throw new UsageError(
      `${folder}: ${why(folder)}; allowed: a folder that has one of ${TOLD_BY.join(', ')}`,
    );
  const [kind, { document: name, page, needs, render, markdown }] = found;
  const path = join(folder, name);
  const document = readJson(path) as { schema?: unknown; complete?: unknown } | null;
  if (document?.schema !== 1)
    throw new UsageError(`${path}: schema ${JSON.stringify(document?.schema) ?? 'missing'}; allowed: 1`);
  const missing = needs.filter((field) => !(field in document));
  if (missing.length > 0)
    throw new UsageError(`${path}: it has no ${missing.join(', ')}; allowed: a file that the lab wrote`);
  return {
    kind,
    page,
    complete: document.complete !== false,
    files: () => ({ [page]: render(document, folder) }),
    markdown: (telling) => markdown(document, telling),
  };
}

function rejudge(folder: string, manifest: Manifest): Reread {
  const { kind } = manifest;
  const page = 'report.html';
  const { document, html, markdown } =
    kind === 'run'
      ? rejudgeRun(folder, manifest as RunManifest)
      : rejudgeDiagnosis(folder, manifest as DiagnosisManifest);
  return {
    kind,
    page,
    complete: document.complete,
    files: () => ({ 'verdict.json': `${JSON.stringify(document, null, 2)}\n`, [page]: html() }),
    markdown,
  };
}

interface Judged {
  document: { complete: boolean };
  html(): string;
  markdown(telling?: MarkdownTelling): string;
}

function rejudgeRun(folder: string, manifest: RunManifest): Judged {
  const { document, evidences, fixed } = judgeAgain(folder, manifest);
  return {
    document,
    html: () => reportHtml(document, evidences, fixed),
    markdown: (telling) => runMarkdown(document, telling),
  };
}

function rejudgeDiagnosis(folder: string, manifest: DiagnosisManifest): Judged {
  const { document, evidence } = diagnoseAgain(folder, manifest);
  return {
    document,
    html: () => diagnosisHtml(document, evidence),
    markdown: (telling) => diagnosisMarkdown(document, telling),
  };
}

function why(folder: string): string {
  if (!existsSync(folder)) return 'no such folder';
  if (!isFolder(folder)) return 'a file, not a folder';
  // One of an earlier version, which was written with the result.
  if (existsSync(join(folder, 'manifest.json'))) return 'the run there was killed before it had a result';
  return 'no run in it, manifest.json is missing';
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

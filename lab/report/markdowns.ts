import type { DiagnosisDocument } from '../diagnose/diagnosis-document.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import { findingsMarkdown, type MarkdownTelling } from './markdown/findings-markdown.ts';
import { findingsOfDiagnosis } from './text/diagnosis-findings.ts';
import { findingsOfRun } from './text/run-findings.ts';

export { climbMarkdown } from './markdown/climb-markdown.ts';
export { comparisonMarkdown } from './markdown/comparison-markdown.ts';
export { serverThresholdMarkdown } from './markdown/server-threshold-markdown.ts';
export { sweepMarkdown } from './markdown/sweep-markdown.ts';
export { thresholdMarkdown } from './markdown/threshold-markdown.ts';

/** A run as GitHub-flavoured Markdown, in the order of the terminal. */
export function runMarkdown(document: VerdictDocument, telling?: MarkdownTelling): string {
  return findingsMarkdown(findingsOfRun(document), document, telling);
}

/** A diagnosis as GitHub-flavoured Markdown, in the order of the terminal. */
export function diagnosisMarkdown(document: DiagnosisDocument, telling?: MarkdownTelling): string {
  return findingsMarkdown(findingsOfDiagnosis(document), document, telling);
}

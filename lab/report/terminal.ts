import { join } from 'node:path';
import { fromHere } from '../../common/format.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import { findingsText, type Telling } from './text/findings-text.ts';
import { findingsOfRun } from './text/run-findings.ts';

/** The verdict as a person reads it: the answer, the numbers, why, what was ruled out, and what to do next. */
export function terminalReport(document: VerdictDocument, telling: Telling = {}): string {
  const { path } = document;
  const report = path ? [`report: ${fromHere(join(path, 'report.html'))}`] : [];
  return findingsText(findingsOfRun(document), telling, report);
}

import type { DiagnosisDocument } from '../diagnose/diagnosis-document.ts';
import { findingsOfDiagnosis } from './text/diagnosis-findings.ts';
import { findingsText, type Telling } from './text/findings-text.ts';

/** A diagnosis as a person reads it: the answer, the numbers, why, what was ruled out, and what to do next. */
export function diagnosisReport(document: DiagnosisDocument, telling: Telling = {}): string {
  return findingsText(findingsOfDiagnosis(document), telling);
}

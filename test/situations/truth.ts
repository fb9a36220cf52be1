import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { diagnosisReport } from '../../lab/report/diagnosis-report.ts';
import type { Diagnosed } from '../diagnose/place.ts';

/** What may be said of a situation, and what has to be. */
export interface Truth {
  /** Of each of these groups of names one has to be confirmed. */
  named: readonly (readonly string[])[];
  /** These may be confirmed beside them. */
  also?: readonly string[];
  /** Where nothing of `named` is confirmed these may be left open, and not be refuted. */
  open?: readonly string[];
}

/** Nothing is said against the server, and all is well. */
export const HEALTHY = 'healthy';

/** Throws what is wrong with an answer, its first word one of `false`, `missed`, `refuted` and `said`. */
export function assertTruth(diagnosed: Diagnosed, truth: Truth | typeof HEALTHY): void {
  const { document, code, causes } = diagnosed;
  const text = stripVTControlCharacters(diagnosisReport(document));
  const { named, also = [], open = [] } = truth === HEALTHY ? { named: [] } : truth;
  const confirmed = document.verdicts.filter(({ verdict }) => verdict === 'confirmed');
  const names = confirmed.map(({ cause }) => cause);
  const allowed = [...named.flat(), ...also];
  const wider = confirmed.flatMap(({ cause, under }) => (under && allowed.includes(cause) ? [under] : []));
  const wrong = names.filter((name) => !allowed.includes(name) && !wider.includes(name));
  assert.ok(wrong.length === 0, `false: ${wrong.join(', ')} confirmed\n${text}`);
  assert.ok(gatewayIn(text) === undefined, `said of a stranger's server: ${gatewayIn(text)}\n${text}`);
  if (truth === HEALTHY) {
    assert.ok(causes('unknown').length === 0, `false: unknown\n${text}`);
    assert.ok(code === 0, `false: exit code ${code}\n${text}`);
    return;
  }
  const missed = named.filter((group) => !group.some((name) => names.includes(name)));
  if (missed.length === named.length) {
    const refuted = causes('refuted').filter((name) => open.includes(name));
    assert.ok(refuted.length === 0, `refuted, and not known: ${refuted.join(', ')}\n${text}`);
  }
  const words = missed.map((group) => group.join(' or ')).join('; ');
  assert.ok(missed.length === 0, `missed: ${words} (${names.join(', ') || 'nothing'} confirmed)\n${text}`);
}

/** The first line of a report that speaks of a gateway; the names of causes may. */
function gatewayIn(text: string): string | undefined {
  return text.split('\n').find((line) => /\bgateway\b/.test(line.replace(/gateway-\w+|--[\w-]+/g, '')));
}

import assert from 'node:assert/strict';
import type { Diagnosed } from './place.ts';

/** Confirmed: this leaf, the wider causes that it is a form of, and nothing else. */
export function assertConfirmed({ document, causes }: Diagnosed, cause: string): void {
  const verdict = document.verdicts.find((one) => one.cause === cause);
  assert.equal(verdict?.verdict, 'confirmed', JSON.stringify(document.verdicts));
  const wider = verdict?.under ? [verdict.under] : [];
  assert.deepEqual(causes('confirmed').sort(), [cause, ...wider].sort());
  assert.ok((verdict?.share ?? 0) > 0.8, `a share of ${verdict?.share}`);
}

export function assertHealthy({ code, causes }: Diagnosed): void {
  assert.deepEqual([causes('confirmed'), causes('contributing'), causes('unknown')], [[], [], []]);
  assert.equal(code, 0);
}

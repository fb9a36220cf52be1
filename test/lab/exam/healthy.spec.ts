import assert from 'node:assert/strict';
import { HEALTHY } from '../../../lab/exam/healthy.ts';
import { resolveSettings } from '../../../lab/settings/sources.ts';
import { checkTogether } from '../../../lab/settings/together.ts';

describe('healthy shapes', () => {
  it('have names of their own', () => {
    assert.equal(new Set(HEALTHY.map(({ id }) => id)).size, HEALTHY.length);
  });

  for (const { id, settings } of HEALTHY) {
    it(`${id}: settings that are allowed, and do something`, () => {
      const resolved = resolveSettings([], settings);
      checkTogether(resolved);
      for (const name of Object.keys(settings)) assert.ok(name in resolved.values, name);
    });
  }
});

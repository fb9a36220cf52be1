import assert from 'node:assert/strict';
import { HEALTHY } from '../../../lab/exam/healthy.ts';
import { type SettingName, settingsSchema } from '../../../lab/settings/schema.ts';
import { resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { checkTogether } from '../../../lab/settings/together.ts';

describe('healthy shapes', () => {
  it('have names of their own', () => {
    assert.equal(new Set(HEALTHY.map(({ id }) => id)).size, HEALTHY.length);
  });

  for (const { id, settings } of HEALTHY) {
    it(`${id}: settings that are allowed, and do something`, () => {
      const resolved = resolveSettings([], settings);
      checkTogether(resolved);
      const plain = settingsSchema.parse({});
      const names = Object.keys(settings) as SettingName[];
      for (const name of names) assert.equal(resolved.values[name], settings[name], name);
      const idle = names.filter((name) => settings[name] === plain[name]);
      assert.deepEqual(idle, SAID_ALL_THE_SAME[id] ?? [], 'they are what they are without being set');
    });
  }
});

/** Settings that a shape names although they are so by default: it is about them. */
const SAID_ALL_THE_SAME: Record<string, SettingName[]> = { 'herd-that-is-served': ['betting'] };

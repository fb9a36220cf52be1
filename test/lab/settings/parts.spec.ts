import assert from 'node:assert/strict';
import {
  aboutSetting,
  DEFAULTS,
  environmentOf,
  SETTING_NAMES,
  type SettingName,
  settingsSchema,
} from '../../../lab/settings/schema.ts';
import { readPart } from '../../../protocol/read-settings.ts';
import { type Part, SETTINGS, type Setting } from '../../../protocol/settings.ts';

/** The ends of what the lab takes, or each choice. */
function extremes(setting: Setting): (string | number)[] {
  if (setting.kind === 'whole') return [setting.min, setting.max];
  if (setting.kind === 'choice') return [...setting.values];
  return setting.kind === 'duration' ? ['0', `${setting.max}ms`] : [];
}

describe('settings: the defaults', () => {
  it('are what the schema makes of nothing', () => {
    assert.deepEqual(DEFAULTS, settingsSchema.parse({}));
  });
});

describe('settings: what the lab hands to a part', () => {
  for (const part of ['gateway', 'robots', 'k6'] as Part[]) {
    const names = SETTING_NAMES.filter((name: SettingName) => {
      const { parts }: Setting = SETTINGS[name];
      return parts?.includes(part);
    });

    it(`${part}: the lab's defaults are its own`, () => {
      const environment = environmentOf(part, DEFAULTS);
      assert.equal(Object.keys(environment).length, names.length);
      const readers = { addresses: String, target: String };
      assert.deepEqual(readPart(part, environment, {}, readers), readPart(part, {}, {}, readers));
    });

    for (const name of names) {
      it(`${part}: takes every ${name} that the lab takes, ${aboutSetting(name).allowed}`, () => {
        for (const value of extremes(SETTINGS[name])) {
          // The driver refuses it before that.
          if (part === 'k6' && value === 'racing') continue;
          const environment = environmentOf(part, settingsSchema.parse({ [name]: value }));
          readPart(part, environment, {}, { addresses: String, target: String });
        }
      });
    }
  }
});

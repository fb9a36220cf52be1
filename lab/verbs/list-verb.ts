import type { Command } from 'commander';
import { NAME } from '../../common/called.ts';
import { PACKAGED } from '../../common/own-files.ts';
import { profileNames, readProfile } from '../settings/profiles.ts';
import { aboutSetting, DEFAULTS, SETTING_NAMES } from '../settings/schema.ts';
import { CAUSES } from '../verdict/registry.ts';
import { JSON_ONLY } from './option-words.ts';
import { printDocument } from './verb-ending.ts';

/** `list`: every cause, every profile and every setting, one line each. */
export function listVerb(program: Command): void {
  program
    .command('list')
    .description('list the causes, the profiles and the settings, one line each')
    .option('--json', JSON_ONLY)
    .action(({ json }: { json?: boolean }) => {
      const causes = CAUSES.map(({ id, title, under = null, looksLike, scenario }) => ({
        id,
        title,
        under,
        looksLike,
        runs: scenario !== undefined,
      }));
      const settings = SETTING_NAMES.map((name) => ({
        name,
        default: DEFAULTS[name] ?? null,
        ...aboutSetting(name),
      }));
      const profiles = profileNames().map((name) => {
        const { about, settings: given } = readProfile(name);
        return {
          name,
          about,
          settings: Object.fromEntries(Object.entries(given).map(([setting, { value }]) => [setting, value])),
        };
      });
      const lines = [
        `causes (run one with: ${NAME} run <cause>)`,
        ...causes.map(({ id, title, runs }) => `  ${id.padEnd(22)} ${title}${runs ? '' : ' (no scenario)'}`),
        '',
        'profiles (--profile NAME, or PROFILE=NAME in the environment)',
        ...profiles.map(({ name, about }) => `  ${name.padEnd(22)} ${about}`),
        '',
        `settings (--set name=value, or NAME=value in the environment${PACKAGED ? '' : ' or .env'})`,
        ...settings.map(({ name, about, allowed, default: value }) => {
          const preset = value === null ? "the system's" : String(value);
          return `  ${name.padEnd(22)} ${about}; allowed: ${allowed}; default: ${preset}`;
        }),
      ];
      printDocument({ causes, profiles, settings }, () => `${lines.join('\n')}\n`, json);
    });
}

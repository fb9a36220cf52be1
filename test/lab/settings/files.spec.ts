import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fdExhaustion } from '../../../lab/causes/fd-exhaustion.ts';
import { fromDotenv } from '../../../lab/settings/dotenv.ts';
import { aboutSetting, SETTING_NAMES } from '../../../lab/settings/schema.ts';
import { fromEnvironment, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { SETTINGS, type Setting } from '../../../protocol/settings.ts';
import { madeFiles } from '../../../scripts/settings/made-files.ts';

const ROOT = join(import.meta.dirname, '../../..');
const compose = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const example = readFileSync(join(ROOT, '.env.example'), 'utf8');

/** NAME → value, also of the lines that stand as `#NAME=value`. */
const shown = new Map<string, string>();
const given = new Set<string>();
for (const [, hash, name, value] of example.matchAll(/^(#?)([A-Z][A-Z0-9_]*)=(.*)$/gm)) {
  shown.set(name as string, (value as string).replace(/^"(.*)"$/, '$1'));
  if (hash === '') given.add(name as string);
}

/** NAME → every default that stands after `:-`. */
const variables = new Map<string, Set<string>>();
for (const [, name, value] of compose.matchAll(/\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g)) {
  const values = variables.get(name as string) ?? new Set();
  values.add(value ?? '');
  variables.set(name as string, values);
}

const NOT_SHOWN = new Set(
  SETTING_NAMES.filter((name) => {
    const { compose }: Setting = SETTINGS[name];
    return compose === 'absent';
  }),
);

describe('settings: .env.example and docker-compose.yml', () => {
  it('are read as they should be', () => {
    assert.ok(shown.size > 20 && variables.size > 20);
  });

  it('every setting stands in .env.example', () => {
    const missing = SETTING_NAMES.filter((name) => !NOT_SHOWN.has(name) && !shown.has(name.toUpperCase()));
    assert.deepEqual(missing, []);
  });

  it('every setting is a variable of docker-compose.yml', () => {
    const missing = SETTING_NAMES.filter(
      (name) => !NOT_SHOWN.has(name) && !variables.has(name.toUpperCase()),
    );
    assert.deepEqual(missing, []);
  });

  it('every variable of docker-compose.yml stands in .env.example, and the other way round', () => {
    assert.deepEqual([...variables.keys()].sort(), [...shown.keys()].sort());
  });

  it('a variable has one default in docker-compose.yml, that of .env.example', () => {
    for (const [name, values] of variables) {
      const defaults = [...values].filter((value) => value !== '');
      assert.deepEqual(defaults.length > 0 ? defaults : [''], [shown.get(name)], name);
    }
  });

  it('what docker-compose.yml defaults to is what run fd-exhaustion does', () => {
    const env = Object.fromEntries(
      [...variables].map(([name, values]) => [name, [...values].find((value) => value)]),
    );
    const stack = resolveSettings([fromEnvironment(env)], fdExhaustion.scenario).values;
    const { values } = resolveSettings([], fdExhaustion.scenario);
    for (const name of SETTING_NAMES) {
      if (values[name] === undefined) continue;
      assert.deepEqual(stack[name], values[name], name);
    }
  });

  it('.env.example is a .env that changes nothing of run fd-exhaustion', () => {
    const { values } = resolveSettings([fromDotenv(join(ROOT, '.env.example'))], fdExhaustion.scenario);
    assert.deepEqual(values, resolveSettings([], fdExhaustion.scenario).values);
  });

  it('.env.example with every line in force is allowed as well', () => {
    const { values } = resolveSettings([fromEnvironment(Object.fromEntries(shown))], fdExhaustion.scenario);
    for (const name of SETTING_NAMES) {
      if (!NOT_SHOWN.has(name)) assert.notEqual(values[name], undefined, name);
    }
  });

  it('a line without a default is not in force in .env.example', () => {
    const defaults = resolveSettings([], fdExhaustion.scenario).values;
    for (const name of SETTING_NAMES) {
      if (defaults[name] === undefined) assert.ok(!given.has(name.toUpperCase()), name);
    }
  });

  it('the services of docker-compose.yml have every sysctl, by its kernel name', () => {
    const { gateway, robots, k6 } = parse(compose, { merge: true }).services;
    const names = [...Object.keys(gateway.sysctls), ...Object.keys(robots.sysctls)];
    const known = SETTING_NAMES.flatMap((name) =>
      NOT_SHOWN.has(name) ? [] : (aboutSetting(name).sysctl ?? []),
    );
    assert.deepEqual(names.sort(), known.sort());
    assert.deepEqual(k6.sysctls, robots.sysctls, 'k6 takes the place of the robots');
  });

  for (const { name, stale } of madeFiles()) {
    it(`${name} is what is made from protocol/settings.ts`, () => {
      assert.ok(!stale, `${name} is stale: npm run settings`);
    });
  }
});

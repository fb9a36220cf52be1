import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { fdExhaustion } from '../../../lab/causes/fd-exhaustion.ts';
import { native } from '../../../lab/runtimes/native.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { profileNames, readProfile } from '../../../lab/settings/profiles.ts';
import type { SettingName } from '../../../lab/settings/schema.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { skipWhenMissing } from '../../skip.ts';
import { lab, type Result } from '../cli/lab.ts';
import { measured } from '../runtimes/stage.ts';

const FOLDER = join(import.meta.dirname, '../../../lab/settings/profiles');
const WANTED = ['docker', 'linux', 'macos', 'report', 'tuned'];
/** Keeps a verb that should be refused from starting anything. */
const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent' };

describe('profiles', function () {
  this.timeout(30_000);

  it('are those of the design', () => assert.deepEqual(profileNames(), WANTED));

  for (const name of WANTED) {
    it(`${name}: allowed values, each with its source, in a file that compose can read`, () => {
      const { about, settings } = readProfile(name);
      assert.ok(about.length > 10 && !about.startsWith('#'), about);
      assert.equal(Object.keys(resolveSettings([settings]).where).length, Object.keys(settings).length);
      const lines = readFileSync(join(FOLDER, `${name}.env`), 'utf8')
        .trim()
        .split('\n');
      for (const line of lines) assert.match(line, /^(# .+|[A-Z_]+=([\w.]+|"\d+ \d+")|)$/);
      assert.ok(
        lines.some((line, index) => /^[A-Z]/.test(line) && lines[index - 1]?.startsWith('# ')),
        'comments stand above values',
      );
    });
  }

  it('report is what run fd-exhaustion does anyway', () => {
    const asked = resolveSettings([readProfile('report').settings], fdExhaustion.scenario).values;
    assert.deepEqual(asked, resolveSettings([], fdExhaustion.scenario).values);
    assert.deepEqual(resolveSettings([readProfile('report').settings]).values, asked, 'by itself as well');
  });

  it('a profile is stronger than the scenario, and weaker than everything else', () => {
    const macos = readProfile('macos').settings;
    const { values, where } = resolveSettings([fromFlags(['somaxconn=7']), macos], fdExhaustion.scenario);
    assert.equal(values.nofile, 256);
    assert.equal(where.nofile, 'profile macos');
    assert.equal(values.somaxconn, 7);
    assert.equal(values.users, 4500, 'of the scenario');
  });

  it('an unknown name is refused with the allowed ones, as a flag and in the environment', async () => {
    const expected = 'lab: --profile mac: allowed: docker, linux, macos, report, tuned\n';
    const refused = ({ code, stderr }: Result) => assert.deepEqual([code, stderr], [2, expected]);
    refused(await lab(['run', '--profile', 'mac'], { env: NO_ENGINE }));
    refused(await lab(['run'], { env: { ...NO_ENGINE, PROFILE: 'mac' } }));
    assert.throws(() => readProfile('../profiles/macos'), UsageError);
  });

  it('what a runtime cannot take is refused by name', async () => {
    await assert.rejects(native.check(resolveSettings([readProfile('macos').settings])), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /^profile macos: somaxconn: the native runtime never changes/);
      return true;
    });
  });

  it('are listed', async () => {
    const { stdout } = await lab(['list', '--json']);
    const { profiles } = JSON.parse(stdout) as { profiles: { name: string; settings: object }[] };
    assert.deepEqual(
      profiles.map(({ name }) => name),
      WANTED,
    );
    assert.deepEqual(profiles[2]?.settings, {
      nofile: '256',
      somaxconn: '128',
      ip_local_port_range: '49152 65535',
      tcp_fin_timeout: '60',
    });
  });

  describe('on netns', () => {
    skipWhenMissing(netns);

    it('the fresh network namespace of this kernel has the values of linux and docker', async () => {
      const sysctls = (await measured(netns)).observer.before?.sysctls ?? {};
      for (const profile of ['linux', 'docker']) {
        for (const [name, given] of Object.entries(readProfile(profile).settings)) {
          if (name in sysctls) assert.equal(given.value, sysctls[name as SettingName], `${profile}: ${name}`);
        }
      }
    });
  });
});

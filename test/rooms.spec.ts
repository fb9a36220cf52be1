import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../common/own-files.ts';
import {
  arrowsIn,
  circles,
  floorsOf,
  productArrows,
  productFiles,
  roomOf,
  strangeFiles,
  upward,
} from './rooms.ts';

/** The rooms of the product, top to bottom; imports only go down, and rooms of one line do not import each other. */
const ORDER = `
lab                              the program: lab/cli.ts, lab/program.ts, and lab/resetlab.ts, which starts it from the package
lab/verbs                        what can be asked for
library                          the package for other people's tests
lab/report                       what is printed: terminal, HTML, Markdown
lab/schemas                      what documents look like, in zod: for docs/schemas and tests; no process of the lab loads it
lab/exam lab/sweep lab/threshold lab/climb lab/compare lab/bench lab/diagnose lab/troubleshoot
lab/beside                       a server that is not ours: watched, loaded and judged from beside it
lab/run                          one execution, the second one with the fix, and the run's folder
lab/expect                       what is expected of a measurement: the grammar of conditions, and how they came out
lab/verdict                      judge(facts, causes), and the registry of causes
lab/causes                       one file a cause, its advice beside it; shared/ is what they share
lab/facts                        numbers drawn from the evidence
lab/laws                         formulas that predict a threshold; the listen queue of both kernels, simulated
lab/evidence                     the observer and the watcher, and the filing of every line that comes in
lab/drivers                      what makes the load: robots, or k6
lab/runtimes                     docker, swarm, netns, native and the compose stack behind one interface
lab/settings                     where values come from, and what this machine allows
lab/target                       which server is meant, and what users are to say to it
gateway robots                   the server under test; the fleet
protocol                         the lines that parts write to each other, the betting protocol, the table of settings
system                           what is read of this machine, one parser a source
common                           errors, words, waiting, tables: what knows nothing of the rest
`.trim();

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
    assert.deepEqual(strangeFiles(FLOORS), []);
    assert.deepEqual(
      files.filter((file) => dirname(file) === 'lab'),
      ['lab/cli.ts', 'lab/program.ts', 'lab/resetlab.ts'],
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

    for (const [form, text] of Object.entries({
      'an import of a type': "import type { A } from '../top/a.ts';",
      'a type in place': "let a: import('../top/a.ts').A;",
      'an import for what it does': "import '../top/a.ts';",
      'an import over lines': "import {\n  a,\n} from '../top/a.ts';",
      'an export of all': "export * from '../top/a.ts';",
      'a dynamic import over lines': "await import(\n  '../top/a.ts'\n);",
      'a dynamic import of a template': 'await import(`../top/a.ts`);',
      'what is required': "createRequire(import.meta.url)('../top/a.ts');",
      'the address of a module': "import.meta.resolve('../top/a.ts');",
      'a URL': "new URL('../top/a.ts', import.meta.url);",
      'a path that is joined': "join(import.meta.dirname, '../top/a.ts');",
      'a module that is started, named from the top': "start({ module: 'top/a.ts' });",
    })) {
      it(`from below: ${form}`, () => {
        const line = text.slice(0, text.indexOf('top/a.ts')).split('\n').length;
        assert.deepEqual(upward(arrowsIn('low/b.ts', text), floors), [
          `low/b.ts:${line}: top/a.ts: top is not below low`,
        ]);
      });
    }

    it('a circle of files, with the way round', () => {
      const arrows = [
        ...arrowsIn('low/a.ts', "import './b.ts';"),
        ...arrowsIn('low/b.ts', "import './c.ts';"),
        ...arrowsIn('low/c.ts', "import './a.ts';"),
      ];
      assert.deepEqual(circles(arrows), ['low/a.ts → low/b.ts → low/c.ts → low/a.ts']);
      const again = arrowsIn('low/a.ts', "spawn(new URL('./a.ts', import.meta.url));");
      assert.deepEqual(circles(again), []);
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

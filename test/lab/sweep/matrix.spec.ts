import assert from 'node:assert/strict';
import fc from 'fast-check';
import { onRuntime, readSweepFile } from '../../../lab/sweep/sweep-file.ts';
import { planned, withFile } from './tools.ts';

const ids = (text: string) => planned(text).map(({ id }) => id);

describe('lab/sweep: which cells there are', () => {
  it('all values of all axes, the last axis fastest, runtime by runtime', () =>
    assert.deepEqual(
      ids('name: a\nruntimes: [netns, native]\nmatrix: {nofile: 64..128*2, users: [1, 2]}\n'),
      [
        'nofile=64,users=1,runtime=netns',
        'nofile=64,users=2,runtime=netns',
        'nofile=128,users=1,runtime=netns',
        'nofile=128,users=2,runtime=netns',
        'nofile=64,users=1,runtime=native',
        'nofile=64,users=2,runtime=native',
        'nofile=128,users=1,runtime=native',
        'nofile=128,users=2,runtime=native',
      ],
    ));

  it('ranges within lists, aliases, and each value once however it is written', () =>
    assert.deepEqual(ids('name: a\nmatrix: {nofile: &n ["0064", 64..70+6], users: *n}\n'), [
      'nofile=64,users=64,runtime=netns',
      'nofile=64,users=70,runtime=netns',
      'nofile=70,users=64,runtime=netns',
      'nofile=70,users=70,runtime=netns',
    ]));

  it('what varies is told apart: numbers, the runtime when there are several, the repeat', () => {
    const cells = planned('name: a\nruntimes: [netns, native]\nrepeat: 2\nmatrix: {ramp: [0, 2s]}\n');
    assert.deepEqual(cells[2]?.varies, { ramp: '2s', runtime: 'netns', repeat: 1 });
    assert.deepEqual(cells[7]?.varies, { ramp: '2s', runtime: 'native', repeat: 2 });
    assert.deepEqual(planned('name: a\nmatrix: {nofile: 64}\n')[0]?.varies, { nofile: 64 });
  });

  it('matrix over base over profile', () => {
    const [cell] = planned('name: a\nprofile: macos\nbase: {somaxconn: 99, users: 7}\nmatrix: {users: 8}\n');
    const { nofile, somaxconn, users } = cell?.settings.values ?? {};
    assert.deepEqual({ nofile, somaxconn, users }, { nofile: 256, somaxconn: 99, users: 8 });
  });

  it('a value keeps its place for later errors', () => {
    const [cell] = planned('name: a\nmatrix:\n  users: [500000]\n');
    assert.match(cell?.settings.where.users ?? '', /x\.yaml:3:11: matrix\.users$/);
  });

  it('exclude takes every cell that all its values match', () =>
    assert.deepEqual(
      ids(
        'name: a\nmatrix: {nofile: [64, 128], users: [1, 2]}\nexclude: [{nofile: 64, users: "1"}, {users: 2}]\n',
      ),
      ['nofile=128,users=1,runtime=netns'],
    ));

  it('include adds to the cells that its axes match, and else makes one for each runtime', () =>
    assert.deepEqual(
      ids(
        'name: a\nruntimes: [netns, native]\nmatrix: {nofile: [64, 128]}\ninclude: [{nofile: 64, rounds: 0}, {nofile: 99, users: 5}, {nofile: 98, runtime: docker}]\n',
      ),
      [
        'nofile=64,rounds=0,runtime=netns',
        'nofile=128,runtime=netns',
        'nofile=64,rounds=0,runtime=native',
        'nofile=128,runtime=native',
        'nofile=99,users=5,runtime=netns',
        'nofile=99,users=5,runtime=native',
        'nofile=98,runtime=docker',
      ],
    ));

  it('include without a matrix: its entries are the cells', () =>
    assert.deepEqual(ids('name: a\ninclude: [{nofile: 64}, {users: 9}]\n'), [
      'nofile=64,runtime=netns',
      'users=9,runtime=netns',
    ]));

  it('an include is never matched with what another one added', () =>
    assert.deepEqual(
      ids('name: a\nmatrix: {nofile: 64}\ninclude: [{rounds: 0}, {rounds: 2}, {nofile: 65}]\n'),
      ['nofile=64,rounds=2,runtime=netns', 'nofile=65,runtime=netns'],
    ));

  it('what an include expects takes the place of what the file expects of the same thing', () => {
    const cells = planned(
      'name: a\nexpect: {failed: 0, lost: 0}\nmatrix: {nofile: [64, 128]}\ninclude: [{nofile: 64, expect: {failed: ["> 0", "< 9"]}}, {nofile: 65, expect: {lost: 1}}]\n',
    );
    assert.deepEqual(
      cells.map(({ expect }) => expect.map(({ says }) => says)),
      [
        ['lost = 0', 'failed > 0', 'failed < 9'],
        ['failed = 0', 'lost = 0'],
        ['failed = 0', 'lost = 1'],
      ],
    );
  });

  it('--runtime takes the place of runtimes, and leaves out what names another', () =>
    withFile(
      'name: a\nruntimes: [docker]\nmatrix: {nofile: [64, 128]}\nexclude: [{nofile: 64, runtime: docker}]\ninclude: [{nofile: 9999, runtime: docker}]\n',
      (path) => {
        const file = onRuntime(readSweepFile(path), 'netns', '--runtime');
        assert.deepEqual([file.runtimes, file.exclude, file.include], [['netns'], [], []]);
      },
    ));

  it('as many cells as the product, ids and folder names all different and usable', () => {
    const values = fc.uniqueArray(fc.integer({ min: 25, max: 9000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        values,
        values,
        values,
        fc.integer({ min: 1, max: 3 }),
        (nofile, users, backlog, repeat) => {
          const text = JSON.stringify({ name: 'a', matrix: { nofile, users, backlog }, repeat });
          const cells = planned(text);
          const size = nofile.length * users.length * backlog.length * repeat;
          assert.equal(new Set(cells.map(({ id }) => id)).size, size);
          assert.equal(new Set(cells.map(({ slug }) => slug)).size, size);
          for (const { slug, varies, settings } of cells) {
            assert.match(slug, /^[\w.-]{1,120}$/);
            assert.equal(settings.values.nofile, varies.nofile);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

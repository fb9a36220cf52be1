import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tooOld } from '../../common/oldest-node.ts';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { temporaryFolder } from '../scripts/tools.ts';

const OLDER = ['v22.18.0', 'v22.22.3', 'v23.11.1', 'v24.0.0', 'v24.2.0'];
const ENOUGH = ['v24.3.0', 'v24.21.0', 'v25.0.0', 'v26.12.1'];

describe('common/oldest-node', () => {
  it('draws the line where scripts/setup.mjs does', async () => {
    const { isEnough, oldestOf } = await import(
      pathToFileURL(join(PROJECT_ROOT, 'scripts/setup/node.mjs')).href
    );
    const { engines } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));
    const runs = (version: string) => [
      tooOld(version) === undefined,
      isEnough(version, oldestOf(engines.node)),
    ];
    for (const version of OLDER) assert.deepEqual(runs(version), [false, false], version);
    for (const version of ENOUGH) assert.deepEqual(runs(version), [true, true], version);
  });

  it('keeps the lab from loading what this Node cannot read: one line, code 3', () => {
    using folder = temporaryFolder();
    for (const file of [
      'lab/cli.ts',
      'common/called.ts',
      'common/oldest-node.ts',
      'common/own-files.ts',
      'system/compile-cache.ts',
      'system/own-cache.ts',
    ])
      cpSync(join(PROJECT_ROOT, file), join(folder.path, file));
    // What a program for a Node to come may look like to this one.
    writeFileSync(join(folder.path, 'lab/program.ts'), 'no syntax of today');
    writeFileSync(join(folder.path, 'package.json'), '{ "type": "module", "engines": { "node": ">=99.0" } }');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(folder.path, 'lab/cli.ts'), 'list'],
      {
        encoding: 'utf8',
      },
    );
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /^lab: Node 99\.0 or newer is missing: this is v\S+; .+\n$/);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  });
});

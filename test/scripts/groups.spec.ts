import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { FILES, NOT_UNIT } from '../../scripts/test/groups.ts';
import { ROOT } from './tools.ts';

const specs = (files: string[], except: string[] = []) => globSync(files, { cwd: ROOT, exclude: except });

describe('npm test, the groups of its steps', () => {
  const { unit, diagnose, situations, netns, native, model, exam, report, docker, k6, compose, swarm } =
    FILES;
  const named = [...diagnose.named, ...diagnose.healthy];
  const others = specs(diagnose.others, [...named, ...docker].flat());
  const groups = [
    ...unit.map((files) => specs(files, NOT_UNIT)),
    ...[
      ...named,
      ...situations.healthy,
      ...situations.faults,
      netns,
      native,
      model,
      exam,
      report,
      ...docker,
      k6.netns,
      k6.docker,
      compose,
      swarm,
    ].map((files) => specs(files)),
  ];

  it('no group is empty', () => {
    for (const [index, group] of groups.entries()) assert.ok(group.length > 0, `group ${index}`);
  });

  it('every spec is in one of them, or with the others of unit or diagnose, and in no other', () => {
    const grouped = [...groups.flat(), ...others];
    assert.deepEqual(
      grouped.filter((file, index) => grouped.indexOf(file) !== index),
      [],
    );
    const rest = specs(['test/**/*.spec.ts'], [...NOT_UNIT, ...unit.flat()]);
    const all = globSync('test/**/*.spec.ts', { cwd: ROOT });
    assert.deepEqual([...grouped, ...rest].sort(), all.sort());
  });
});

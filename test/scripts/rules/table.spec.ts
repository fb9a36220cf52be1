import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { together, withRules } from '../../../scripts/rules/table.ts';

describe('npm run rules', () => {
  const none = { tried: 0, right: 0, unknown: 0, silent: 0, wrong: 0, trials: 0 };
  const exams = [
    { rules: { deadline: { ...none, tried: 3, right: 2, silent: 1, trials: 10 } } },
    {
      rules: {
        deadline: { ...none, tried: 1, right: 1, wrong: 1, trials: 5 },
        killed: { ...none, wrong: 2, trials: 5 },
      },
    },
  ];

  it('adds up the exams', () => {
    const { heard, trials } = together(exams);
    assert.equal(trials, 15);
    assert.deepEqual(heard.deadline, { tried: 4, right: 3, unknown: 0, silent: 1, wrong: 1, trials: 15 });
    assert.deepEqual(heard.killed, { ...none, wrong: 2, trials: 5 });
  });

  it('writes the rows in the place of the old ones, and nothing else', () => {
    const page = 'a\n<!-- rules: made by npm run rules -- x -->\nold\n<!-- /rules -->\nb\n';
    const { heard, trials } = together(exams);
    const made = withRules(page, ['deadline', 'idle-timeout'], heard, trials);
    assert.match(made, /^a\n<!-- rules[^\n]*\n\n\| rule [\s\S]*<!-- \/rules -->\nb\n$/);
    assert.doesNotMatch(made, /old/);
    assert.match(made, /\| `deadline` \| .* \| 3 of 4; wrong 1 of 15 \|\n/);
    assert.match(made, /\| `idle-timeout` \| .* \| not tried; wrong 0 of 15 \|\n/);
    assert.equal(withRules(made, ['deadline', 'idle-timeout'], heard, trials), made);
  });

  it('docs/diagnose-rules.md has a row for each cause', () => {
    const page = readFileSync(join(PROJECT_ROOT, 'docs/diagnose-rules.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
    const without = CAUSES.map(({ id }) => id).filter((id) => !rows.includes(id));
    assert.deepEqual(without, [], 'npm run rules -- documents of lab exam --strangers --json');
  });
});

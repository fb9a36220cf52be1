import assert from 'node:assert/strict';
import { columns, markdownTable } from '../../common/table.ts';

const ROWS = [
  ['nofile', 'open'],
  ['64', '41'],
  ['1024', '1001'],
];

describe('common/table', () => {
  it('sets columns to the left, without spaces at the end of a line', () => {
    assert.deepEqual(columns(ROWS), ['nofile  open', '64      41', '1024    1001']);
  });

  it('takes the last side for the columns that follow', () => {
    assert.deepEqual(columns(ROWS, ['right']), ['nofile  open', '    64    41', '  1024  1001']);
  });

  it('writes Markdown that a bar in a cell does not break', () => {
    const [heads = [], ...body] = [
      ['name', 'n'],
      ['a|b', '7'],
    ];
    assert.equal(
      markdownTable(heads, body, ['left', 'right']),
      ['| name | n |', '|------|--:|', '| a/b  | 7 |'].join('\n'),
    );
  });
});

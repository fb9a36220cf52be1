import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { element, escapeXml } from '../../../common/xml.ts';
import { sweepJunit } from '../../../lab/sweep/junit.ts';
import { sweepCsv, sweepTable } from '../../../lab/sweep/print-sweep.ts';
import type { SweepCell } from '../../../lab/sweep/sweep-document.ts';
import { cellOf, documentOf } from './tools.ts';

/** Text with what breaks writers: quotes, separators, markup, control characters, halves of surrogate pairs. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      ',',
      '\n',
      '\r',
      '\t',
      '<',
      '&',
      ']]>',
      '\0',
      '\x1b',
      '\ud800',
      '|',
      'é',
      '😀',
      ' ',
    ),
  }),
);

const cells = fc.array(
  fc
    .record({ error: fc.option(nasty), says: nasty, met: fc.boolean(), wallMs: fc.nat() })
    .map(
      ({ error, says, met, wallMs }): SweepCell =>
        cellOf({ error, expected: { says, met }, wallMs, ...(error === null ? {} : { verdict: null }) }),
    ),
  { maxLength: 4 },
);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  trimValues: false,
  parseTagValue: false,
  htmlEntities: true,
  isArray: (name) => name === 'testcase' || name === 'property',
});

/** What XML can hold of a text. */
const kept = (text: string) => text.replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');

describe('lab/sweep: what is written is read back', () => {
  it('CSV: every cell, as RFC 4180 has it', () => {
    fc.assert(
      fc.property(cells, (list) => {
        const text = sweepCsv(documentOf(list));
        assert.ok(text.endsWith('\r\n'));
        const rows = parse(text, { columns: true, record_delimiter: '\r\n' }) as Record<string, string>[];
        assert.equal(rows.length, list.length);
        for (const [index, row] of rows.entries()) {
          // UTF-8 has no halves of surrogate pairs.
          assert.equal(row.error, (list[index]?.error ?? '').toWellFormed());
          assert.equal(row.expected, list[index]?.expected?.says.toWellFormed());
          assert.equal(row.wall_ms, String(list[index]?.wallMs));
        }
      }),
    );
  });

  it('CSV: a column for all that varies in any cell, empty where it does not', () => {
    const list = [
      cellOf(),
      cellOf({ id: 'b', varies: { users: 5, ramp: '2s' }, verdict: null, error: 'no docker' }),
    ];
    const rows = parse(sweepCsv(documentOf(list)), { columns: true }) as Record<string, string>[];
    const pick = ({ asked_nofile, asked_users, asked_ramp, users_open, standing }: Record<string, string>) =>
      [asked_nofile, asked_users, asked_ramp, users_open, standing].join('|');
    assert.deepEqual(rows.map(pick), ['64|||41|met', '|5|2s||error']);
  });

  it('JUnit: well formed, with counts that agree and texts that come back', () => {
    fc.assert(
      fc.property(cells, nasty, (list, name) => {
        const text = sweepJunit(documentOf(list, name));
        assert.equal(XMLValidator.validate(text), true);
        const { testsuites } = parser.parse(text);
        const { testsuite } = testsuites;
        const tests: Record<string, { message: string } & string>[] = testsuite.testcase ?? [];
        assert.equal(testsuite.name, `sweep ${kept(name)}`);
        assert.deepEqual([testsuite.tests, testsuite.failures, testsuite.errors].map(Number), [
          tests.length,
          tests.filter((test) => test.failure).length,
          tests.filter((test) => test.error).length,
        ]);
        assert.equal(tests.length, list.length);
        for (const [index, test] of tests.entries()) {
          const { error, expected, wallMs } = list[index] as SweepCell;
          assert.equal(test.time, (wallMs / 1000).toFixed(3));
          if (error !== null) assert.equal(test.error?.message, kept(error));
          else if (!expected?.met) assert.equal(test.failure?.message, kept(expected?.says ?? ''));
          else assert.match(test['system-out'] ?? '', /^60 users requested, 41 open, 19 failed/);
        }
      }),
    );
  });

  it('XML: no control character is left, in text or attributes', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const written = element('a', { b: text }, [escapeXml(text)]);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
        assert.doesNotMatch(written, /[\x00-\x1f\ufffe\uffff]/);
        assert.ok(written.isWellFormed());
      }),
    );
  });

  it('table: a line a cell, all of one width', () => {
    const list = [cellOf(), cellOf({ varies: { nofile: 128 } }), cellOf({ verdict: null, error: 'no a|b' })];
    const lines = sweepTable(documentOf(list)).split('\n');
    assert.equal(lines.length, 5);
    assert.equal(new Set(lines.map((line) => line.length)).size, 1);
    assert.match(lines[2] ?? '', /^\| 64 +\| 41 +\| 19 +\| 41 +\| fd-exhaustion \| 1\.2 s \| ran/);
    assert.match(lines[4] ?? '', /\| - +\| - .*cannot run: no a\/b/);
  });
});

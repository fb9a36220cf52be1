import { hostname } from 'node:os';
import { standing } from './result.ts';
import type { SweepCell, SweepDocument } from './sweep-document.ts';
import { usersText } from './sweep-table.ts';
import { element, escapeXml } from './xml.ts';

/**
 * JUnit XML as CI systems read it: one test a cell; a failure where what was expected did not come, an error where the
 * cell could not run. Times are in seconds.
 */
export function sweepJunit({ name, cells, startedAt, host }: SweepDocument): string {
  const of = (what: string) => cells.filter((cell) => standing(cell) === what).length;
  const counts = {
    name: `sweep ${name}`,
    tests: cells.length,
    failures: of('unmet'),
    errors: of('error'),
    skipped: 0,
    time: seconds(cells.reduce((sum, { wallMs }) => sum + wallMs, 0)),
  };
  // Without a zone: https://github.com/windyroad/JUnit-Schema takes no other form.
  const timestamp = (startedAt ?? '').slice(0, 19);
  const suite = { ...counts, ...(timestamp ? { timestamp } : {}), hostname: hostname() };
  const properties = element(
    'properties',
    {},
    Object.entries(host).map(([key, value]) => element('property', { name: key, value })),
  );
  const tests = cells.map((cell) => testcase(name, cell));
  const suites = element('testsuites', counts, [
    `\n${element('testsuite', suite, [properties, ...tests].map((line) => `\n${line}`).concat('\n'))}\n`,
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites}\n`;
}

function testcase(sweep: string, cell: SweepCell): string {
  const attributes = { name: cell.id, classname: `sweep.${sweep}`, time: seconds(cell.wallMs) };
  const out = element('system-out', {}, [escapeXml(usersText(cell))]);
  const says = cell.expected?.says ?? 'a failure without a known cause';
  switch (standing(cell)) {
    case 'error':
      return element('testcase', attributes, [
        element('error', { message: cell.error ?? '', type: 'cannot-run' }),
      ]);
    case 'unmet':
      return element('testcase', attributes, [
        element('failure', { message: says, type: 'not-as-expected' }),
        out,
      ]);
    case 'met':
      return element('testcase', attributes, [out]);
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

import { hostname } from 'node:os';
import { defined } from '../../common/defined.ts';
import { waysOf } from '../facts/user-groups.ts';
import { type SweepCell, type SweepDocument, standing } from './sweep-document.ts';

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
  const timestamp = startedAt?.slice(0, 19) || undefined;
  const suite = { ...counts, ...defined({ timestamp }), hostname: hostname() };
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

/** `128 users requested, 104 open, 24 failed: 24 × reset in upgrade (ECONNRESET)` */
function usersText({ users }: SweepCell): string {
  const ways = waysOf(users.by);
  const head = `${users.asked} users requested, ${users.open} open, ${users.failed} failed`;
  return ways.length === 0 ? head : `${head}: ${ways.join(', ')}`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Characters that XML 1.0 does not take, not even escaped (https://www.w3.org/TR/xml/#charsets). */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A reader makes plain spaces of these in attributes, and a line feed of a carriage return everywhere.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Text as XML takes it; characters that it cannot hold are left out. */
export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, '').replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character] as string);
}

/** An element. `children` are elements or escaped text. Names are those of the caller and not checked. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly string[] = [],
): string {
  const start = [
    name,
    ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeXml(String(value))}"`),
  ];
  return children.length === 0
    ? `<${start.join(' ')}/>`
    : `<${start.join(' ')}>${children.join('')}</${name}>`;
}

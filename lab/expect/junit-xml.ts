import { hostname } from 'node:os';
import { defined } from '../../common/defined.ts';
import { element, escapeXml } from '../../common/xml.ts';

/** One test as CI systems show it. */
export interface JunitTest {
  name: string;
  classname: string;
  wallMs: number;
  /** What went wrong; absent: nothing did. */
  fault?: {
    /** `failure`: it came out otherwise. `error`: it could not be made out. */
    kind: 'failure' | 'error';
    type: string;
    message: string;
    /** Lines below the message. */
    lines?: readonly string[];
  };
  /** What the test printed. */
  out?: string;
}

interface JunitSuite {
  name: string;
  tests: readonly JunitTest[];
  /** ISO 8601, UTC. */
  startedAt?: string | undefined;
  /** What else is told of the suite, by name. */
  properties?: Readonly<Record<string, string>> | undefined;
}

/** JUnit XML as CI systems read it. Times are in seconds. */
export function junitXml({ name, tests, startedAt, properties }: JunitSuite): string {
  const of = (kind: string) => tests.filter(({ fault }) => fault?.kind === kind).length;
  const counts = {
    name,
    tests: tests.length,
    failures: of('failure'),
    errors: of('error'),
    skipped: 0,
    time: seconds(tests.reduce((sum, { wallMs }) => sum + wallMs, 0)),
  };
  // Without a zone: https://github.com/windyroad/JUnit-Schema takes no other form.
  const timestamp = startedAt?.slice(0, 19) || undefined;
  const suite = { ...counts, ...defined({ timestamp }), hostname: hostname() };
  const told = element(
    'properties',
    {},
    Object.entries(properties ?? {}).map(([key, value]) => element('property', { name: key, value })),
  );
  const suites = element('testsuites', counts, [
    `\n${element('testsuite', suite, [told, ...tests.map(testcase)].map((line) => `\n${line}`).concat('\n'))}\n`,
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites}\n`;
}

function testcase({ name, classname, wallMs, fault, out }: JunitTest): string {
  const attributes = { name, classname, time: seconds(wallMs) };
  const { kind, type, message, lines = [] } = fault ?? {};
  const text = lines.length === 0 ? [] : [lines.map(escapeXml).join('\n')];
  return element('testcase', attributes, [
    ...(kind === undefined ? [] : [element(kind, { message: message ?? '', type: type ?? '' }, text)]),
    ...(out === undefined ? [] : [element('system-out', {}, [escapeXml(out)])]),
  ]);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

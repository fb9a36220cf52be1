import { type JunitTest, junitXml } from '../expect/junit-xml.ts';
import { waysOf } from '../facts/user-groups.ts';
import { type SweepCell, type SweepDocument, standing } from './sweep-document.ts';

/** JUnit XML of a sweep: one test a cell; a failure where what was expected did not come, an error where the cell could not run. */
export function sweepJunit({ name, cells, startedAt, host }: SweepDocument): string {
  const tests = cells.map((cell) => testOf(name, cell));
  return junitXml({ name: `sweep ${name}`, tests, startedAt, properties: host });
}

function testOf(sweep: string, cell: SweepCell): JunitTest {
  const test = { name: cell.id, classname: `sweep.${sweep}`, wallMs: cell.wallMs };
  const message = cell.expected?.says ?? 'a failure without a known cause';
  switch (standing(cell)) {
    case 'error':
      return { ...test, fault: { kind: 'error', message: cell.error ?? '', type: 'cannot-run' } };
    case 'unmet':
      return {
        ...test,
        fault: { kind: 'failure', message, type: 'not-as-expected' },
        out: usersText(cell),
      };
    case 'met':
      return { ...test, out: usersText(cell) };
  }
}

/** `128 users requested, 104 open, 24 failed: 24 × reset in upgrade (ECONNRESET)` */
function usersText({ users }: SweepCell): string {
  const ways = waysOf(users.by);
  const head = `${users.asked} users requested, ${users.open} open, ${users.failed} failed`;
  return ways.length === 0 ? head : `${head}: ${ways.join(', ')}`;
}

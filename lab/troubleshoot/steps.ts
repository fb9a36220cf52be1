import * as darwin from './darwin/all.ts';
import * as linux from './linux/all.ts';
import type { Step, Subject } from './step.ts';

/** The steps in the order of the report, for that system. */
export function stepsOf(os: Subject['os']): readonly Step[] {
  return os === 'linux' ? linux.STEPS : darwin.STEPS;
}

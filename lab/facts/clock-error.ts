import type { Evidence } from '../evidence/evidence.ts';
import { largest } from './numbers.ts';

/**
 * By how much the times that any two parts told may be wrong against each other, ms; 0: all have one clock. It is the sum of the two
 * largest errors of a gateway and of sources of robots: fleets on two machines are two clocks as well. Which of several gateways this
 * evidence is of is not told: the one whose clock is known worst stands for it. The lab and an observer add nothing: the lab's clock is
 * what the others are measured by, and an observer has its gateway's.
 */
export function clockErrorOf({ clocks = [] }: Pick<Evidence, 'clocks'>): number {
  const errorsOf = (wanted: (typeof clocks)[number]['role']) =>
    clocks.flatMap(({ role, errorMs }) => (role === wanted ? errorMs : []));
  const [first = 0, second = 0] = [largest(errorsOf('gateway'), 0), ...errorsOf('robots')].sort(
    (a, b) => b - a,
  );
  return first + second;
}

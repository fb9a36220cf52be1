import type { DiagnosisDocument } from '../../diagnose/diagnosis-document.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { namedCauses } from './found.ts';

/** The lab, as it is called from a clone. */
const LAB = 'npm run --silent lab --';

/** What helps most, as a command or a change of the one that was given, after this run; undefined: there is none. */
export function nextAfterRun({ verdicts, fix, users, complete }: VerdictDocument): string | undefined {
  if (!complete) return undefined;
  const [first] = namedCauses(verdicts);
  if (users.failed === 0) return `the same command with --users ${2 * users.asked}   (twice the users)`;
  if (first === undefined) return 'the same command with --verbose   (all the evidence)';
  if (fix?.verified && first.cause === 'fd-exhaustion')
    return `${LAB} threshold --vary 'nofile=512..8192*2'   (where it starts under other limits)`;
  if (fix?.verified)
    return `${LAB} diagnose --port <port> --load <users>   (the same question of your own server)`;
  return `${LAB} run ${first.cause}   (this cause alone, with its fix)`;
}

/** The same after a diagnosis. */
export function nextAfterDiagnosis({
  verdicts,
  users,
  target,
  unseen,
}: DiagnosisDocument): string | undefined {
  const [first] = namedCauses(verdicts);
  const { port } = target;
  if (first !== undefined) return `lab/causes/${first.cause}.md   (what to change, and how to check it)`;
  if (unseen.length > 0) return 'the same command with sudo   (root sees more)';
  if (users === null) return `${LAB} diagnose --port ${port} --load 1000   (robots say how users fare)`;
  return users.failed > 0
    ? 'the same command with --verbose   (all the evidence)'
    : `the same command with --load ${2 * users.asked}   (twice the users)`;
}

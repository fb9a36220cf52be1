import { LAB, pageWords } from '../../../common/called.ts';
import { added, type Next, whole } from '../../../common/next.ts';
import { PACKAGED } from '../../../common/own-files.ts';
import { shellWord } from '../../../common/shell-word.ts';
import type { DiagnosisDocument } from '../../diagnose/diagnosis-document.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { CAUSES } from '../../verdict/registry.ts';
import { namedCauses } from './found.ts';

/** What helps most after this run; undefined: there is nothing. */
export function nextAfterRun({ verdicts, fix, users, complete }: VerdictDocument): Next | undefined {
  if (!complete) return undefined;
  const [first] = namedCauses(verdicts);
  if (users.failed === 0) return added(`--users ${2 * users.asked}`, 'twice the users');
  if (first === undefined) return ALL_EVIDENCE;
  if (fix?.verified && first.cause === 'fd-exhaustion')
    return whole(`${LAB} threshold --vary 'nofile=512..8192*2'`, 'where it starts under other limits');
  if (fix?.verified)
    return whole(`${LAB} diagnose --port <port> --load <users>`, 'the same question of your own server');
  return whole(`${LAB} run ${first.cause}`, 'this cause alone, with its fix');
}

/** The same after a diagnosis. */
export function nextAfterDiagnosis({ verdicts, users, target, unseen }: DiagnosisDocument): Next | undefined {
  const [first] = namedCauses(verdicts);
  const which = target.url === undefined ? `--port ${target.port}` : `--url ${shellWord(target.url)}`;
  if (first !== undefined) return nextOfCause(first.cause);
  // In an image, what is to be given to whoever starts it.
  if (unseen.length > 0) return added(process.env.RESETLAB_AS_ROOT || 'sudo', 'root sees more');
  if (users === null) return whole(`${LAB} diagnose ${which} --load 1000`, 'robots say how users fare');
  return users.failed > 0 ? ALL_EVIDENCE : added(`--load ${2 * users.asked}`, 'twice the users');
}

/** The package has no pages. */
function nextOfCause(cause: string): Next {
  if (PACKAGED && CAUSES.some(({ id, scenario }) => id === cause && scenario))
    return whole(`${LAB} run ${cause}`, 'the same failure made on purpose, and what stops it');
  return whole(pageWords(`lab/causes/${cause}.md`), 'what to change, and how to check it');
}

const ALL_EVIDENCE = added('--verbose', 'all the evidence');

/** The same for whoever has all the evidence before him already. */
export function nextBut(next: Next | undefined): Next | undefined {
  return next === ALL_EVIDENCE ? undefined : next;
}

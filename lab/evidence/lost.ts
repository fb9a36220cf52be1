import { endPart } from '../runtimes/processes.ts';
import type { Ending, Part } from '../runtimes/runtime.ts';
import { fileLabLine } from './collect.ts';
import type { Evidence } from './evidence.ts';

/** Notes in the evidence when the observer ends before it is told to. Gives what tells it to. */
export function watchForLoss(part: Part, evidence: Evidence): { end(): Promise<Ending> } {
  let told = false;
  part.ended.then((ending) => {
    const on = part.where === undefined ? '' : `, on ${part.where}`;
    if (!told) fileLabLine(evidence, { event: 'observer-lost', at: Date.now(), how: howOf(ending) + on });
  });
  return {
    end() {
      told = true;
      return endPart(part);
    },
  };
}

/** How a part ended that was not told to, and the first that it said, in one line. */
export function howOf({ code, signal, output }: Ending): string {
  const [line = ''] = output.split('\n');
  // What was out of reach says so itself.
  if (signal === 'gone' && line !== '') return line;
  const how = signal ?? (code === null ? '' : `exit code ${code}`);
  return [how, line].filter(Boolean).join(': ') || 'its container went';
}

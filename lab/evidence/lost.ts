import { endPart } from '../runtimes/processes.ts';
import type { Ending, Part } from '../runtimes/runtime.ts';
import { fileLabLine } from './collect.ts';
import type { Evidence } from './evidence.ts';

/** Notes in the evidence when the observer ends before it is told to. Gives what tells it to. */
export function watchForLoss(part: Part, evidence: Evidence): { end(): Promise<Ending> } {
  let told = false;
  part.ended.then((ending) => {
    if (!told) fileLabLine(evidence, { event: 'observer-lost', at: Date.now(), how: howOf(ending) });
  });
  return {
    end() {
      told = true;
      return endPart(part);
    },
  };
}

function howOf({ code, signal, output }: Ending): string {
  const [line = ''] = output.split('\n');
  const how = signal ?? (code === null ? 'its container went' : `exit code ${code}`);
  return line === '' ? how : `${how}: ${line}`;
}

import { spawnSync } from 'node:child_process';
import { ORDINARY } from './stage.ts';
import type { Who } from './stranger-questions.ts';

/** Who cannot make a diagnosis here, and why. `cli`: the lab's program. */
export function whoCan(cli: string): { missing: { id: Who; why: string }[] } {
  if (process.getuid?.() !== 0) return { missing: [{ id: 'root', why: 'no root here' }] };
  const can = (...argv: string[]) =>
    spawnSync(ORDINARY[0] as string, [...ORDINARY.slice(1), ...argv]).status === 0;
  return can('test', '-r', cli) && can(process.execPath, '--version')
    ? { missing: [] }
    : {
        missing: [{ id: 'an ordinary user', why: `may not read ${cli}, or not run ${process.execPath}` }],
      };
}

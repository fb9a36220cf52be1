import { execFileSync } from 'node:child_process';
import { hasCommand } from '../../system/apt.ts';
import { findK6 } from '../../system/k6-binary.ts';

const NEEDS: Record<string, () => string | undefined> = {
  root: () => (process.getuid?.() === 0 ? undefined : 'needs root'),
  mac: () => (process.platform === 'darwin' ? undefined : 'needs a Mac'),
  docker: () => {
    try {
      execFileSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
      return undefined;
    } catch {
      return 'needs a Docker engine (npm run engine)';
    }
  },
  k6: () => {
    const found = findK6();
    return 'reason' in found ? found.reason : undefined;
  },
};

/** Where k6 is, for commands that start it themselves. */
export function k6Environment(): Record<string, string> {
  const found = findK6();
  return 'path' in found ? { K6: found.path } : {};
}

/** What this machine has not of what a command needs; else undefined. What is none of the words above is a command. */
export function missingNeed(needs: readonly string[]): string | undefined {
  for (const need of needs) {
    const why = Object.hasOwn(NEEDS, need)
      ? NEEDS[need]?.()
      : hasCommand(need)
        ? undefined
        : `needs ${need} in the PATH`;
    if (why !== undefined) return why;
  }
  return undefined;
}

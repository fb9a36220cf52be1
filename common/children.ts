import type { ChildProcess } from 'node:child_process';

/** How a child is ended: each with the signal that leaves nothing of it behind, and with its process group where it leads one. */
interface End {
  name: 'SIGKILL' | 'SIGTERM';
  group: boolean;
}

const living = new Map<ChildProcess, End>();

/** Has a child ended when the lab ends without waiting for it. Gives the child. */
export function endsWithLab<T extends ChildProcess>(child: T, end: End): T {
  living.set(child, end);
  child.once('exit', () => living.delete(child));
  return child;
}

/** Ends a child, and all in its group. Does nothing when it has ended. */
export function endChild({ pid }: ChildProcess, { name, group }: End): void {
  // Of a child that could not be started; to send it to 0 would end the lab itself.
  if (pid === undefined) return;
  try {
    process.kill(group ? -pid : pid, name);
  } catch {
    // It has ended.
  }
}

/** Ends all of them, without waiting. */
export function endChildren(): void {
  for (const [child, end] of living) endChild(child, end);
}

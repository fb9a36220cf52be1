/**
 * A signal that aborts on the first Ctrl-C (or TERM, or HUP), so that what was measured is kept and everything is
 * ended in order. A second one changes nothing: the ending is bounded in time.
 */
export function interruptible(): { signal: AbortSignal; interrupted: () => NodeJS.Signals | undefined } {
  const controller = new AbortController();
  let by: NodeJS.Signals | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      by ??= name;
      controller.abort();
    });
  }
  return { signal: controller.signal, interrupted: () => by };
}

const NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** The exit code of a process that ended by that signal, as shells have it. */
export function signalCode(name: NodeJS.Signals): number {
  return 128 + (NUMBERS[name] ?? 0);
}

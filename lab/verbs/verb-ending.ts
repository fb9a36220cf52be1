import { NAME } from '../../common/called.ts';
import { endChildren } from '../../common/children.ts';
import { Debug } from '../../common/debug.ts';
import { tell } from '../../common/tell.ts';
import { inActions } from './actions/actions.ts';
import { harmlessJson } from './actions/guard.ts';

const debug = new Debug('lab');

/** One Ctrl-C may arrive twice: from the terminal, and once more from npm, which passes it on. A second press is later than this, ms. */
const SAME_PRESS_MS = 500;
/** An ending that takes longer than this says so, ms. */
const QUIET_MS = 3000;
const STILL = `${NAME}: interrupted, still ending what was started; press Ctrl-C again to end at once\n`;

let installed: AbortSignal | undefined;
let first: { by: NodeJS.Signals; at: number } | undefined;

/** What commander calls for a verb: sets the exit code that the verb gives. */
export function ends<Given extends unknown[]>(verb: (...given: Given) => number | Promise<number>) {
  return async (...given: Given): Promise<void> => {
    process.exitCode = await verb(...given);
  };
}

/** Prints the result of a verb: with `--json` one JSON document and nothing else, otherwise text for people. */
export function printDocument<T>(document: T, text: (document: T) => string, json = false): void {
  process.stdout.write(json ? `${jsonOf(document)}\n` : text(document));
}

function jsonOf(document: unknown): string {
  const text = JSON.stringify(document);
  return inActions() ? harmlessJson(text) : text;
}

/**
 * A signal that aborts on the first Ctrl-C (or TERM, or HUP), so that the measurements are kept and everything is
 * ended in order. The second Ctrl-C ends at once. Each call gives the same signal.
 */
export function interruptible(): AbortSignal {
  if (installed) return installed;
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const at = performance.now();
      debug.say('%s', name);
      if (first === undefined) {
        first = { by: name, at };
        controller.abort();
        setTimeout(() => process.stderr.write(STILL), QUIET_MS).unref();
      } else if (at - first.at > SAME_PRESS_MS) {
        process.stderr.write(
          `${NAME}: ${name} again: ended at once; \`${NAME} clean\` removes what is left\n`,
        );
        endAtOnce(signalCode(name));
      }
    });
  }
  installed = controller.signal;
  return installed;
}

/** The first signal that told this process to end; undefined: none did, or none is handled. */
export function interruptedBy(): NodeJS.Signals | undefined {
  return first?.by;
}

/** The exit code of a verb: that of the signal that told it to end, `otherwise` without one. */
export function codeUnlessInterrupted(otherwise: number): number {
  return first ? signalCode(first.by) : otherwise;
}

/**
 * Reports errors that reach no verb: thrown in a timer or an event, a promise that nobody awaits, a stdout that cannot be written.
 * A reader of stdout or stderr that has gone is no error: it has the lines that it wanted, and the work and its exit code stand.
 */
export function catchOutside(): void {
  // A rejection that nobody handles ends up here as well (`--unhandled-rejections=throw`, Node's default).
  process.on('uncaughtException', (error) => endAtOnce(tell(error)));
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EIO: the terminal has gone.
    if (error.code === 'EPIPE' || error.code === 'EIO') return;
    const code = tell(error);
    // Whatever the result of the verb, nobody could read it.
    process.on('exit', () => {
      process.exitCode = code;
    });
  });
}

/**
 * Ends this process without waiting for anything. Its children are killed; things that need time to remove (the containers' network, a
 * cgroup, a half-built image) are left to `clean`.
 */
function endAtOnce(code: number): never {
  endChildren();
  process.exit(code);
}

const NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** The exit code of a process that ended by that signal, as shells have it. */
export function signalCode(name: NodeJS.Signals): number {
  return 128 + (NUMBERS[name] ?? 0);
}

import { tell } from '../../common/tell.ts';
import { endAtOnce } from './interrupt.ts';

/**
 * Tells of errors that reach no verb: thrown in a timer or an event, a promise that nobody waits for, a stdout that cannot be written.
 * A reader of stdout or stderr that has gone is none: whoever wanted one line has it, and the work and its exit code stand.
 */
export function catchOutside(): void {
  // A rejection that nobody handles comes here as well (`--unhandled-rejections=throw`, Node's default).
  process.on('uncaughtException', (error) => endAtOnce(tell(error)));
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // EIO: the terminal has gone.
    if (error.code === 'EPIPE' || error.code === 'EIO') return;
    const code = tell(error);
    // Whatever the verb made of it, nobody could read it.
    process.on('exit', () => {
      process.exitCode = code;
    });
  });
}

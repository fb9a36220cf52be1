import type { Command } from 'commander';
import { Progress } from '../report/progress.ts';
import { find } from '../troubleshoot/find.ts';
import { troubleshootReport } from '../troubleshoot/print-troubleshoot.ts';
import { shell } from '../troubleshoot/shell.ts';
import { DEFAULT_PORT, whoIs } from '../troubleshoot/subject.ts';
import { troubleshootDocument } from '../troubleshoot/troubleshoot-document.ts';
import { walk } from '../troubleshoot/walk.ts';
import { JSON_ONLY } from './option-words.ts';
import { time, whole } from './parse-values.ts';
import { codeUnlessInterrupted, ends, interruptible, printDocument } from './verb-ending.ts';

const PID = whole(1, 4_194_304);

interface TroubleshootFlags {
  pid?: number;
  port?: number;
  robots?: number;
  nofile?: number;
  log?: string;
  for: string;
  json?: boolean;
}

/** `troubleshoot`: the steps that find such a fault by hand, each with its commands, their output and how to read it. */
export function troubleshootVerb(program: Command): void {
  program
    .command('troubleshoot')
    .description(
      'find the fault by hand, step by step (interface, descriptors, backlog, process, robots): commands, output, how to read it',
    )
    .option('--pid <number>', 'the server is this process, or a process that it started', PID)
    .option(
      '--port <number>',
      `the server is the one that listens on this port (default: ${DEFAULT_PORT})`,
      whole(1, 65_535),
    )
    .option('--for <time>', 'the time between the first look and the last', '10s')
    .option(
      '--robots <pid>',
      'the load generator (default: the process of this machine with the most connections)',
      PID,
    )
    .option(
      '--nofile <number>',
      "the server's limit, where the system does not show it (macOS)",
      whole(1, 999_999_999),
    )
    .option('--log <file>', "also read the end of the server's log")
    .option('--json', JSON_ONLY)
    .action(ends(run));
}

async function run({ for: span, json, ...wanted }: TroubleshootFlags): Promise<number> {
  const forMs = time('--for', span);
  const found = await find(process.platform, wanted, shell);
  const { server, port } = found.subject;
  const signal = interruptible();
  new Progress().step(
    `looking at ${server ? whoIs(server) : 'this machine'}, port ${port}, for ${span}: run your load now`,
  );
  const walked = await walk({ found, shell, forMs, signal });
  printDocument(troubleshootDocument(walked, !signal.aborted), troubleshootReport, json);
  return codeUnlessInterrupted(0);
}

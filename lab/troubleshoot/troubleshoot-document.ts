import { CannotRunError } from '../../common/errors.ts';
import { type Command, type Conclusion, type Look, type StepName, secondsOf, silenceOf } from './step.ts';
import type { Walk } from './walk.ts';

/** One command and what it said. */
export interface CommandDocument {
  command: string;
  /** At the first look. */
  before: string;
  /** At the last look, or at the one with the highest value. */
  output: string;
  columns: readonly string[];
  /** It needs root, and was not run. */
  needsRoot: boolean;
  /** Why it printed nothing. */
  failed: string | null;
}

/** One step. `command` prints `output` when it is run as it stands. */
export interface StepDocument {
  number: number;
  step: StepName;
  question: string;
  /** The suspect of the lab; where the step points at a sub-cause of it, that one. */
  cause: string;
  command: string;
  output: string;
  columns: string[];
  conclusion: string;
  verdict: Conclusion['verdict'];
  commands: CommandDocument[];
}

/** What `troubleshoot --json` prints. */
export interface TroubleshootDocument {
  schema: 1;
  name: 'troubleshoot';
  os: string;
  complete: boolean;
  target: { port: number; pid: number | null; name: string | null; pids: number[]; robots: number | null };
  watched: { seconds: number; looks: number };
  steps: StepDocument[];
}

/** Lines of output that are kept. Figures are taken from the whole output. */
const KEPT = 30;

/** @throws {CannotRunError} when no command printed anything */
export function troubleshootDocument(
  { subject, looks, steps }: Walk,
  complete: boolean,
): TroubleshootDocument {
  const { os, port, server, pids, robots } = subject;
  const documents = steps.map(({ step, commands, conclusion }, index): StepDocument => {
    const parts = commands.map((command) => commandDocument(command, looks));
    return {
      number: index + 1,
      step: step.step,
      question: step.question,
      cause: step.cause,
      command: parts.map(({ command }) => command).join('; '),
      output: parts.map(({ output }) => output).join(''),
      columns: parts.flatMap(({ columns }) => columns),
      ...conclusion,
      commands: parts,
    };
  });
  if (documents.every(({ output }) => output === ''))
    throw new CannotRunError(
      `troubleshoot: none of its commands runs here (${documents[0]?.commands[0]?.failed ?? 'no output'}); install iproute2 and procps, or run it on the server`,
    );
  return {
    schema: 1,
    name: 'troubleshoot',
    os,
    complete,
    target: { port, pid: server?.pid ?? null, name: server?.name ?? null, pids, robots: robots?.pid ?? null },
    watched: { seconds: secondsOf(looks), looks: looks.length },
    steps: documents,
  };
}

function commandDocument(
  { line, columns, needsRoot, peak }: Command,
  looks: readonly Look[],
): CommandDocument {
  const outs = looks.flatMap(({ said }) => said.get(line)?.out ?? []);
  const highest = peak && [...outs].reverse().sort((a, b) => peak(b) - peak(a))[0];
  return {
    command: line,
    before: cut(outs[0] ?? ''),
    output: cut(highest ?? outs.at(-1) ?? ''),
    columns,
    needsRoot: needsRoot === true,
    failed: needsRoot ? 'needs root' : (silenceOf(looks, line) ?? null),
  };
}

function cut(text: string): string {
  const lines = text.replace(/\n$/, '').split('\n');
  if (lines.length <= KEPT) return text;
  return `${lines.slice(0, KEPT).join('\n')}\n… ${lines.length - KEPT} more lines\n`;
}

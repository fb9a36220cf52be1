import { styleText } from 'node:util';
import { LAB, NAME } from '../../common/called.ts';
import { count } from '../../common/format.ts';
import { nextLines, whole } from '../../common/next.ts';
import { CAUSES } from '../verdict/registry.ts';
import type { CommandDocument, StepDocument, TroubleshootDocument } from './troubleshoot-document.ts';

/** The words for people; the document keeps its older ones, also as the first word of a conclusion. */
const WORDS = {
  refuted: 'ruled out',
  'points-at': 'points at it',
  'cannot-be-seen': 'cannot be seen',
} as const;

const COLOUR = { refuted: 'green', 'points-at': 'red', 'cannot-be-seen': 'yellow' } as const;

/** The walk as a person reads it. */
export function troubleshootReport(document: TroubleshootDocument): string {
  const { os, target, watched, steps, complete } = document;
  const whom = target.pid === null ? 'no server seen' : `${target.name} (pid ${target.pid})`;
  const lines = [
    '',
    `${styleText('bold', `${os}, port ${target.port}: ${whom}`)}  (${count(watched.looks, 'look')} in ${watched.seconds} s)`,
    '',
    ...steps.map(
      ({ number, step, verdict }) =>
        `${number}  ${step.padEnd(20)}${styleText(COLOUR[verdict], WORDS[verdict])}`,
    ),
    ...steps.flatMap(stepLines),
    ...(complete ? [] : ['', styleText('yellow', 'Incomplete: interrupted before the time was over.')]),
    ...(complete
      ? [
          '',
          ...nextLines(
            whole(`${LAB} diagnose --port ${target.port}`, 'names the cause, and how many failed by it'),
          ),
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function stepLines({ number, step, question, verdict, conclusion, commands, cause }: StepDocument): string[] {
  return [
    '',
    `${styleText('bold', `${number}  ${step}`)}: ${question}`,
    ...commands.flatMap(commandLines),
    `   ${styleText(COLOUR[verdict], '→')} ${conclusion.replace(/^refuted/, WORDS.refuted)}${verdict === 'points-at' ? scenarioOf(cause) : ''}`,
  ];
}

/** Not every cause has a scenario. */
function scenarioOf(cause: string): string {
  return CAUSES.some(({ id, scenario }) => id === cause && scenario) ? `  [${NAME} run ${cause}]` : '';
}

function commandLines({ command, before, output, columns, failed }: CommandDocument): string[] {
  const said =
    failed === null ? (before === output ? block(output) : both(before, output)) : [`     (${failed})`];
  return [`   $ ${command}`, ...said, ...columns.map((column) => `     · ${column}`)];
}

function both(before: string, output: string): string[] {
  if (before === '') return block(output);
  return [...block(before), '     then:', ...block(output)];
}

function block(text: string): string[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `     | ${line}`);
}

/**
 * `npm run picture`: runs what README shows, and writes the answer into README and the whole output as a picture into docs/img, so that both stay true. Exit
 * code 1 when the run did not show what it is to show.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { tell } from '../common/tell.ts';
import { answerOf, withBlock } from './picture/block.ts';
import { terminalSvg } from './picture/terminal-svg.ts';

const ROOT = join(import.meta.dirname, '..');
const COLUMNS = '100';
const COMMAND = ['run', 'fd-exhaustion', '--runtime', 'netns'];

process.on('uncaughtException', (error) => process.exit(tell(error, 'picture')));
const { stdout, status } = spawnSync(process.execPath, ['lab/cli.ts', ...COMMAND], {
  cwd: ROOT,
  encoding: 'utf8',
  env: { ...process.env, FORCE_COLOR: '1', COLUMNS },
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (status !== 0) {
  process.stderr.write(`picture: lab ${COMMAND.join(' ')} ended with ${status}: nothing is written\n`);
  process.exit(1);
}
const shown = stdout.trim();
writeFileSync(join(ROOT, 'docs/img/run.svg'), terminalSvg(shown, `lab ${COMMAND.join(' ')}`));
const readme = join(ROOT, 'README.md');
writeFileSync(readme, withBlock(readFileSync(readme, 'utf8'), 'run', answerOf(stripVTControlCharacters(shown))));

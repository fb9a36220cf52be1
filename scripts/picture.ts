/**
 * `npm run picture`: runs what README shows, and writes the answer into README and the whole output and its page as pictures into docs/img, so that all stay true. The page needs a
 * Chromium: without one its picture stays as it is, and a line says so. Exit code 1 when the run did not show what it is to show.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { tell } from '../common/tell.ts';
import { ensureBrowser } from './browser/ensure.ts';
import { answerOf, withBlock } from './picture/block.ts';
import { reportPicture } from './picture/report-picture.ts';
import { terminalSvg } from './picture/terminal-svg.ts';

const ROOT = join(import.meta.dirname, '..');
const COLUMNS = '100';
const COMMAND = ['run', 'fd-exhaustion', '--runtime', 'netns'];

process.on('uncaughtException', (error) => process.exit(tell(error, 'picture')));
const runs = mkdtempSync(join(tmpdir(), 'resetlab-picture-'));
process.on('exit', () => rmSync(runs, { recursive: true, force: true }));
const { stdout, status } = spawnSync(process.execPath, ['lab/cli.ts', ...COMMAND, '--runs', runs], {
  cwd: ROOT,
  encoding: 'utf8',
  env: { ...process.env, FORCE_COLOR: '1', COLUMNS },
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (status !== 0) {
  process.stderr.write(`picture: lab ${COMMAND.join(' ')} ended with ${status}: nothing is written\n`);
  process.exit(1);
}
const shown = stdout.trim().replaceAll(runs, 'runs');
writeFileSync(join(ROOT, 'docs/img/run.svg'), terminalSvg(shown, `lab ${COMMAND.join(' ')}`));
const readme = join(ROOT, 'README.md');
writeFileSync(
  readme,
  withBlock(readFileSync(readme, 'utf8'), 'run', answerOf(stripVTControlCharacters(shown))),
);

const browser = await ensureBrowser();
if ('reason' in browser) process.stderr.write(`picture: the report is not drawn: ${browser.reason}\n`);
else {
  const page = join(realpathSync(join(runs, 'latest')), 'report.html');
  writeFileSync(join(ROOT, 'docs/img/report-fd-exhaustion.png'), await reportPicture(page, browser.path));
}

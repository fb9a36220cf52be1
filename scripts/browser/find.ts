import { delimiter, join } from 'node:path';
import { canRun } from '../../system/apt.ts';

/** Chrome and what is made of it, as they are called on Linux. */
const COMMANDS = [
  'chromium',
  'chromium-browser',
  'chromium-headless-shell',
  'google-chrome',
  'google-chrome-stable',
];

/** Where macOS has them. */
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The path of a Chrome or Chromium: CHROME_PATH when it is set, else the first on the PATH or in /Applications.
 * Undefined when there is none.
 */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.CHROME_PATH) return canRun(env.CHROME_PATH) ? env.CHROME_PATH : undefined;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)));
  return [...found, ...(process.platform === 'darwin' ? APPLICATIONS : [])].find(canRun);
}

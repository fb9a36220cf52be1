import { candidate, hasApt, installPackages } from '../../system/apt.ts';
import { findBrowser } from './find.ts';

/** A browser that can be started, or why there is none. */
export type Browser = { path: string } | { reason: string };

/** The smallest that draws a page. Debian has it since 12; Ubuntu has Chromium only as a snap, which is not for tests. */
const PACKAGE = 'chromium-headless-shell';
/** Without a font a page has no text; the browser's package does not ask for one. */
const FONT = 'fonts-dejavu-core';

/** Finds a Chromium, or installs one on Debian as root. Never throws. Progress goes to stderr. */
export async function ensureBrowser(env: NodeJS.ProcessEnv = process.env): Promise<Browser> {
  const path = findBrowser(env);
  if (path) return { path };
  const reason = cannotInstall(env) ?? (await install());
  const installed = reason ? undefined : findBrowser(env);
  return installed
    ? { path: installed }
    : { reason: reason ?? `${PACKAGE} is installed, but not on the PATH` };
}

/** Why none can be installed here, with the way out; undefined when we may try. */
function cannotInstall(env: NodeJS.ProcessEnv): string | undefined {
  if (env.CHROME_PATH) return `CHROME_PATH is ${env.CHROME_PATH}, which cannot be run; correct or unset it`;
  if (process.platform !== 'linux' || !hasApt())
    return 'no Chrome or Chromium: install one, or set CHROME_PATH';
  if (process.getuid?.() !== 0) return `no Chrome or Chromium: as root, apt-get install ${PACKAGE}`;
  return undefined;
}

async function install(): Promise<string | undefined> {
  const say = (text: string) => process.stderr.write(`browser: ${text}\n`);
  const failed = await installPackages([PACKAGE, FONT], say);
  if (failed === undefined) return undefined;
  return (await candidate(PACKAGE)) === undefined
    ? `no Chrome or Chromium, and no package ${PACKAGE} here: install one, or set CHROME_PATH`
    : failed;
}

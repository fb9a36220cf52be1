import { type Browser, chromium, type Page } from 'playwright-core';
import { findBrowser } from '../../../scripts/browser/find.ts';
import { skip } from '../../skip.ts';
import { inPage } from './in-page.js';

/** What a page may not do: everything that it said or asked for. */
export interface Watched {
  page: Page;
  complaints: string[];
}

export interface Look {
  scheme: 'light' | 'dark';
  width: number;
  script?: boolean;
}

/** Starts a headless Chromium for the suite; without one the suite is skipped, and says why. */
export function browserForSuite(): () => Browser {
  let browser: Browser | undefined;
  before(async function () {
    const missing = process.env.RESETLAB_BROWSER_MISSING;
    const executablePath = missing ? undefined : findBrowser();
    if (executablePath === undefined) {
      const why = missing ?? 'no Chrome or Chromium: install one, or set CHROME_PATH';
      if (process.env.RESETLAB_BROWSER === 'required') throw new Error(why);
      skip(this, why);
    }
    // Its sandbox does not work for root.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath, args });
  });
  after(() => browser?.close());
  return () => browser as Browser;
}

/** Opens a file and notes every error, console line of one, and request for anything else. */
export async function open(browser: Browser, file: string, look: Look): Promise<Watched> {
  const page = await browser.newPage({
    colorScheme: look.scheme,
    viewport: { width: look.width, height: 844 },
    javaScriptEnabled: look.script ?? true,
  });
  const complaints: string[] = [];
  const address = new URL(`file://${file}`).href;
  page.on('console', (line) => complaints.push(`console ${line.type()}: ${line.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (request.url() !== address) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  if (look.script !== false) await page.evaluate(inPage.twoFrames);
  return { page, complaints };
}

import { type Browser, browserPolicy, ensureBrowser } from '../browser/ensure.ts';

let begun: Promise<Browser> | undefined;

/** Begins to make a browser available: where it has to be installed, that goes on beside the steps before. */
export function beginBrowser(): Promise<Browser> {
  begun ??= ensureBrowser();
  return begun;
}

/**
 * What the specs that look at pages get in their environment: the browser, or why there is none. Throws when
 * RESETLAB_BROWSER=required and there is none.
 */
export async function browserEnvironment(): Promise<NodeJS.ProcessEnv> {
  const policy = browserPolicy(process.env);
  if (policy === 'off') return { RESETLAB_BROWSER_MISSING: 'RESETLAB_BROWSER=off' };
  const browser = await beginBrowser();
  if ('path' in browser) return { CHROME_PATH: browser.path };
  if (policy === 'required') throw new Error(browser.reason);
  return { RESETLAB_BROWSER_MISSING: browser.reason };
}

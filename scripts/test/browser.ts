import { browserPolicy, ensureBrowser } from '../browser/ensure.ts';

/**
 * What the specs that look at pages get in their environment: the browser, or why there is none. Throws when
 * RESETLAB_BROWSER=required and there is none.
 */
export async function browserEnvironment(): Promise<NodeJS.ProcessEnv> {
  const policy = browserPolicy(process.env);
  if (policy === 'off') return { RESETLAB_BROWSER_MISSING: 'RESETLAB_BROWSER=off' };
  const browser = await ensureBrowser();
  if ('path' in browser) return { CHROME_PATH: browser.path };
  if (policy === 'required') throw new Error(browser.reason);
  return { RESETLAB_BROWSER_MISSING: browser.reason };
}

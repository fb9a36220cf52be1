import { chromium } from 'playwright-core';

/** The picture's width and height, px: what a reader sees of a report before scrolling. */
const SIZE = { width: 1000, height: 1180 };

/**
 * The upper part of a page as PNG.
 * @param file the page, by its whole path
 * @param executablePath a Chromium
 */
export async function reportPicture(file: string, executablePath: string): Promise<Buffer> {
  // Its sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage({ colorScheme: 'light', viewport: SIZE });
    await page.goto(new URL(`file://${file}`).href);
    // The charts are drawn in the first frames.
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    return await page.screenshot();
  } finally {
    await browser.close();
  }
}

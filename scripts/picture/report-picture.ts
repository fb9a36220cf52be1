import { chromium } from 'playwright-core';

/** The picture's width and height, px: outcomes, users, descriptors and the accept queue. */
const SIZE = { width: 1000, height: 1040 };

/**
 * What a page shows of the run over time, as PNG. Throws where the page has no such part.
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
    const part = page.locator('section', { has: page.getByRole('heading', { name: 'What happened' }) });
    const box = await part.boundingBox();
    if (box === null) throw new RangeError(`${file}: the page has no part "What happened"`);
    return await page.screenshot({ fullPage: true, clip: { x: 0, y: box.y, ...SIZE } });
  } finally {
    await browser.close();
  }
}

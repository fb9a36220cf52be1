// Functions that run in the page: each stands alone, and the page is all they know. in-page.d.ts has their types, since the
// types of a browser are unknown outside of it.
export const inPage = {
  seriesDrawn() {
    const style = getComputedStyle(document.documentElement);
    /** @param {string} hex */
    const rgb = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.trim().slice(at, at + 2), 16));
    const charts = JSON.parse(document.getElementById('charts')?.textContent ?? '[]');
    /** @type {{ chart: string, series: string, pixels: number }[]} */
    const found = [];
    for (const chart of charts) {
      /** @type {HTMLCanvasElement | null} */
      const canvas = document.querySelector(`#${chart.id} canvas`);
      const all = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      for (const { name, tone } of chart.series) {
        const colour = rgb(style.getPropertyValue(`--tone-${tone}`));
        let pixels = 0;
        for (let at = 0; at < all.length; at += 4) {
          const near = colour.every((part, index) => Math.abs((all[at + index] ?? 0) - part) < 24);
          if (near && (all[at + 3] ?? 0) > 128) pixels += 1;
        }
        found.push({ chart: chart.id, series: name, pixels });
      }
    }
    return found;
  },

  contrasts() {
    const style = getComputedStyle(document.documentElement);
    /** @param {string} name */
    const light = (name) => {
      const hex = style.getPropertyValue(name).trim();
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
        const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    /**
     * @param {number} a
     * @param {number} b
     */
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const tones = ['open', 'failed', 'asked', 'gateway', 'kernel', 'robots', 'law'];
    const names = [
      ...['text', 'dim', 'good', 'bad', 'doubt', 'law', 'link'].map((name) => `--${name}`),
      ...tones.map((name) => `--tone-${name}`),
    ];
    return Object.fromEntries(
      ['--ground', '--raised'].flatMap((ground) =>
        names.map((name) => [`${name} on ${ground}`, ratio(light(name), light(ground))]),
      ),
    );
  },

  width: () => document.documentElement.scrollWidth,

  ground: () => getComputedStyle(document.documentElement).backgroundColor,

  twoFrames: () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
};

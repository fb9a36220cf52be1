/** @import { Chart } from '../chart.ts' */
import { withKeys } from './keys.js';
import { options } from './options.js';
import { onThemeChange } from './theme.js';

/** @type {Chart[]} */
const charts = JSON.parse(document.getElementById('charts')?.textContent ?? '[]');
/** @type {Map<string, { chart: Chart, box: HTMLElement, plot: uPlot }>} */
const drawn = new Map();
document.documentElement.classList.add('script');

for (const chart of charts) {
  const box = document.getElementById(chart.id);
  if (box === null) continue;
  withKeys(box, () => drawn.get(chart.id)?.plot);
  new ResizeObserver(() =>
    drawn.get(chart.id)?.plot.setSize({ width: box.clientWidth, height: chart.height }),
  ).observe(box);
  draw(chart, box);
}
onThemeChange(() => {
  for (const { chart, box, plot } of [...drawn.values()]) {
    plot.destroy();
    draw(chart, box);
  }
});

/**
 * @param {Chart} chart
 * @param {HTMLElement} box
 */
function draw(chart, box) {
  const data = /** @type {uPlot.AlignedData} */ ([
    chart.x.values,
    ...chart.series.map(({ values }) => values),
  ]);
  const plot = new uPlot(
    options(chart, box.clientWidth, (source) => zoomTogether(chart, source)),
    data,
    box,
  );
  drawn.set(chart.id, { chart, box, plot });
}

/**
 * The charts of a group show the same stretch.
 * @param {Chart} chart
 * @param {uPlot} source
 */
function zoomTogether({ id, group }, source) {
  const { min, max } = source.scales.x ?? {};
  if (group === null || drawn.get(id)?.plot !== source || min === undefined || max === undefined) return;
  for (const other of drawn.values()) {
    const x = other.plot.scales.x;
    if (other.chart.group !== group || other.plot === source || (x?.min === min && x?.max === max)) continue;
    other.plot.setScale('x', { min, max });
  }
}

/** @import { Chart, Series, Scale } from '../chart.ts' */
import { annotate } from './draw.js';
import { knownBefore, numberText, timeText } from './numbers.js';
import { theme } from './theme.js';

/** uPlot's numbers for kinds of axes. @type {Record<Scale, 1 | 3 | 4>} */
const DISTRIBUTION = { linear: 1, log: 3, asinh: 4 };

/** One width for all, so that charts under each other have one time axis. */
const AXIS_WIDTH = 48;

/** Steps between round numbers: 1, 2, 5, 10, … */
const WHOLE = Array.from(
  { length: 24 },
  (_, step) => ([1, 2, 5][step % 3] ?? 1) * 10 ** Math.floor(step / 3),
);

/**
 * A chart in uPlot's words, with the colours of now.
 * @param {Chart} chart
 * @param {number} width CSS pixels
 * @param {(plot: uPlot) => void} zoomed
 * @returns {uPlot.Options}
 */
export function options(chart, width, zoomed) {
  const { x, y } = chart;
  return {
    width,
    height: chart.height,
    padding: [8, 10, 0, 0],
    scales: {
      x: { time: false, distr: DISTRIBUTION[x.scale], range: (_, min, max) => xRange(chart, min, max) },
      y: { distr: DISTRIBUTION[y.scale], range: () => y.range },
    },
    axes: [xAxis(chart), yAxis(chart)],
    series: [
      { label: x.unit === 's' ? 'at' : x.label, value: (_, value) => xText(chart, value) },
      ...chart.series.map((series) => seriesOptions(series, chart)),
    ],
    bands: (chart.bands ?? []).map(([low, high]) => ({
      series: [low + 1, high + 1],
      fill: `${theme().tone(chart.series[high]?.tone ?? 'asked')}30`,
    })),
    legend: { markers: { width: 2 } },
    cursor: {
      y: false,
      drag: { x: x.scale === 'linear' && x.names === null, y: false },
      ...(chart.group === null ? {} : { sync: { key: chart.group, scales: ['x', null] } }),
      dataIdx: (plot, series, index) =>
        series === 0 ? index : (knownBefore(plot.data[series] ?? [], index) ?? index),
    },
    hooks: {
      draw: [(plot) => annotate(plot, chart)],
      setScale: [(plot, key) => key === 'x' && zoomed(plot)],
    },
  };
}

/**
 * The whole of it, unless a stretch has been chosen.
 * @param {Chart} chart
 * @param {number} min
 * @param {number} max
 * @returns {[number, number]}
 */
function xRange({ x }, min, max) {
  const whole = min <= (x.values[0] ?? 0) && max >= (x.values.at(-1) ?? 0);
  return whole ? x.range : [min, max];
}

/**
 * @param {Chart} chart
 * @param {number | null} value
 */
function xText(chart, value) {
  const { x } = chart;
  if (value === null || value === undefined) return '–';
  return x.names?.[value] ?? (isTimes(chart) ? timeText(value) : numberText(value, x.unit));
}

/**
 * @param {Chart} chart
 * @returns {uPlot.Axis}
 */
function xAxis(chart) {
  const { x } = chart;
  /** @type {uPlot.Axis} */
  const axis = { ...axisColours(), size: 30 };
  if (x.label !== '') Object.assign(axis, { label: x.label, labelSize: 20 });
  if (x.unit !== '') axis.values = (_, splits) => splits.map((value) => `${short(value)} ${x.unit}`);
  if (isTimes(chart)) {
    axis.splits = () => decades(x.range, x.scale, 2);
    axis.filter = (_, splits) => splits;
    axis.values = (_, splits) => splits.map(timeText);
    return axis;
  }
  // A value of a setting is a place of its own, not a point between round numbers.
  if (x.names || x.scale === 'log' || x.unit === '') {
    axis.splits = () => (x.names ? x.values : sparse(x.values, x.scale));
    axis.filter = (_, splits) => splits;
    axis.values = (_, splits) => splits.map((value) => xText(chart, value));
  }
  return axis;
}

/**
 * From milliseconds to hours on one axis.
 * @param {Chart} chart
 */
function isTimes({ x }) {
  return x.scale === 'log' && x.unit === 'ms';
}

/**
 * As many of the values as have room: each at least a twelfth of the axis from the one before.
 * @param {number[]} values
 * @param {Scale} scale
 */
function sparse(values, scale) {
  /** @param {number} value */
  const place = (value) => (scale === 'log' ? Math.log(value) : value);
  const room = (place(values.at(-1) ?? 0) - place(values[0] ?? 0)) / 12;
  /** @type {number[]} */
  const kept = [];
  for (const value of values) {
    const last = kept.at(-1);
    if (last === undefined || place(value) - place(last) >= room) kept.push(value);
  }
  return kept;
}

/**
 * @param {Chart} chart
 * @returns {uPlot.Axis}
 */
function yAxis({ y }) {
  return {
    ...axisColours(),
    size: AXIS_WIDTH,
    // There is no half user.
    ...(['users', 'connections'].includes(y.unit) ? { incrs: WHOLE } : {}),
    ...(y.scale === 'linear' ? {} : { splits: () => decades(y.range, y.scale) }),
    filter: (_, splits) => splits,
    values: (_, splits) => splits.map((value) => (value === null ? null : short(value))),
  };
}

/**
 * `12000` as `12k`: what fits beside an axis.
 * @param {number} value
 */
function short(value) {
  if (Math.abs(value) >= 10_000 && value % 500 === 0) return `${value / 1000}k`;
  return String(Math.round(value * 1000) / 1000);
}

/**
 * Round numbers of an axis that bends: 1, 2 and 5 of each power of ten, or the powers alone where there are many.
 * @param {[number, number]} range
 * @param {Scale} scale
 * @param {number} most so many powers of ten have room for more than themselves
 */
function decades([low, high], scale, most = 3) {
  const from = scale === 'asinh' ? 0 : Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const steps = to - from > most ? [1] : [1, 2, 5];
  const all = scale === 'asinh' ? [0] : [];
  for (let power = from; power <= to; power += 1) all.push(...steps.map((step) => step * 10 ** power));
  return all.filter((value) => value >= low && value <= high);
}

/** @returns {uPlot.Axis} */
function axisColours() {
  const { dim, grid, font } = theme();
  const line = { stroke: grid, width: 1 };
  return { stroke: dim, font, labelFont: font, grid: line, ticks: { ...line, size: 5 }, gap: 4 };
}

/**
 * What is measured is solid and filled, what is predicted dashed and hollow.
 * @param {Series} series
 * @param {Chart} chart
 * @returns {uPlot.Series}
 */
function seriesOptions({ name, tone, origin, draw, thin }, chart) {
  const colours = theme();
  const colour = colours.tone(tone);
  const predicted = origin === 'predicted';
  const { bars, stepped } = uPlot.paths;
  /** @type {uPlot.Series} */
  const options = {
    label: name,
    stroke: colour,
    width: thin ? 1 : 2.25,
    spanGaps: true,
    value: (_, value) => numberText(value, chart.y.unit),
    points: {
      show: draw === 'dots',
      size: predicted ? 13 : 7,
      width: 2,
      fill: predicted ? colours.ground : colour,
    },
    ...(predicted ? { dash: [6, 5] } : {}),
  };
  if (draw === 'step' && stepped) options.paths = stepped({ align: 1 });
  if (draw === 'bars' && bars) {
    // A part of another bar is narrower, so that no colour is needed to tell it.
    const share = chart.series[0]?.name === name ? 1 : 0.5;
    Object.assign(options, { paths: bars({ size: [share, 60, 1], gap: 1 }), fill: colour, width: 0 });
  }
  return options;
}

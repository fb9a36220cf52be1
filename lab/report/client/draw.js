/** @import { Chart } from '../chart.ts' */
import { theme } from './theme.js';

/**
 * Draws what uPlot has no word for: limits, marks, and the name of each line at its end.
 * @param {uPlot} plot
 * @param {Chart} chart
 */
export function annotate(plot, chart) {
  const { ctx } = plot;
  const colours = theme();
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.lineWidth = ratio;
  drawMarks(plot, chart, colours.dim);
  drawLimits(plot, chart, colours.text, colours.ground);
  drawNames(plot, chart);
  ctx.restore();
}

/**
 * Vertical lines, named at the top where there is room.
 * @param {uPlot} plot
 * @param {Chart} chart
 * @param {string} colour
 */
function drawMarks({ ctx, bbox, valToPos }, chart, colour) {
  const ratio = devicePixelRatio;
  let free = bbox.left;
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  for (const { at, says, origin } of chart.marks) {
    const x = Math.round(valToPos(at, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash(origin === 'predicted' ? [6 * ratio, 5 * ratio] : [ratio, 3 * ratio]);
    line(ctx, x, bbox.top, x, bbox.top + bbox.height);
    const wide = ctx.measureText(says).width;
    if (x + 4 * ratio < free || x + wide + 6 * ratio > bbox.left + bbox.width) continue;
    ctx.fillText(says, x + 4 * ratio, bbox.top + 3 * ratio);
    free = x + wide + 10 * ratio;
  }
}

/**
 * Horizontal lines, named above their left end; one beyond the axis is named at the top with an arrow.
 * @param {uPlot} plot
 * @param {Chart} chart
 * @param {string} colour
 * @param {string} ground
 */
function drawLimits({ ctx, bbox, valToPos }, chart, colour, ground) {
  const ratio = devicePixelRatio;
  const left = bbox.left + 6 * ratio;
  ctx.textAlign = 'left';
  for (const { at, says, origin } of chart.limits) {
    const beyond = at > chart.y.range[1];
    const y = beyond ? bbox.top : Math.round(valToPos(at, 'y', true));
    ctx.strokeStyle = colour;
    ctx.setLineDash(origin === 'predicted' ? [6 * ratio, 5 * ratio] : [12 * ratio, 3 * ratio]);
    if (!beyond) line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    const text = `${says}${origin === 'predicted' ? ' (predicted)' : ''}${beyond ? ' ↑' : ''}`;
    if (says === '') continue;
    const below = beyond || y - 16 * ratio < bbox.top;
    ctx.textBaseline = below ? 'top' : 'bottom';
    label(ctx, text, left, below ? y + 3 * ratio : y - 3 * ratio, colour, ground);
  }
}

/**
 * The name of each line at its last point, moved apart where they would lie on each other.
 * @param {uPlot} plot
 * @param {Chart} chart
 */
function drawNames({ ctx, bbox, valToPos, series: shown }, chart) {
  if (chart.series.length < 2 || chart.group === 'value' || chart.series.some(({ draw }) => draw === 'bars'))
    return;
  const ratio = devicePixelRatio;
  const colours = theme();
  const high = 15 * ratio;
  const ends = chart.series.flatMap(({ name, tone, values }, index) => {
    const last = values.findLastIndex((value) => value !== null);
    if (last < 0 || shown[index + 1]?.show === false) return [];
    const x = Math.min(valToPos(chart.x.values[last] ?? 0, 'x', true), bbox.left + bbox.width - 4 * ratio);
    return [{ name, tone, x, y: valToPos(values[last] ?? 0, 'y', true) - 4 * ratio }];
  });
  ends.sort((a, b) => b.y - a.y);
  let above = bbox.top + bbox.height - 2 * ratio;
  for (const end of ends) {
    end.y = Math.min(end.y, above);
    above = end.y - high;
  }
  let below = bbox.top + high;
  for (const end of ends.reverse()) {
    end.y = Math.max(end.y, below);
    below = end.y + high;
  }
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  for (const { name, tone, x, y } of ends) label(ctx, name, x, y, colours.tone(tone), colours.ground);
}

/**
 * Text with a rim of the ground's colour, so that it can be read on a line.
 * @param {CanvasRenderingContext2D} ctx
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} colour
 * @param {string} ground
 */
function label(ctx, text, x, y, colour, ground) {
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.strokeStyle = ground;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
  ctx.restore();
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 */
function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

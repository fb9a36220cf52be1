export { compareHtml } from './html/compare.ts';
export { reportHtml } from './html/run.ts';
export { sweepHtml } from './html/sweep.ts';
export { thresholdsHtml } from './html/thresholds.ts';

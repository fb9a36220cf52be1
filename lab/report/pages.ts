export { climbHtml } from './html/climb-page.ts';
export { compareHtml } from './html/comparison-page.ts';
export { diagnosisHtml } from './html/diagnosis-page.ts';
export { reportHtml } from './html/run-page.ts';
export { serverThresholdHtml } from './html/server-threshold-page.ts';
export { sweepHtml } from './html/sweep-page.ts';
export { thresholdsHtml } from './html/thresholds-page.ts';

/** resetlab as a library for other people's tests: how many users does this image sustain, at these limits? */
export { CannotRunError, UsageError } from '../common/errors.ts';
export { GatewayContainer } from './gateway-container.ts';
export type { LoadOptions } from './load-options.ts';
export type { SpokenOptions } from './spoken-options.ts';
export { StartedGatewayContainer } from './started-gateway-container.ts';
export { NotSustainedError, sustains } from './sustains.ts';
export { type ThresholdOptions, type ThresholdResult, threshold } from './threshold.ts';
export type { Failure, Moved, TrialResult } from './trial.ts';
export { diagnosisOf } from './trial-diagnosis.ts';

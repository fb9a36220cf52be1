import type { Step } from '../step.ts';
import { backlogStep } from './backlog.ts';
import { descriptorsStep } from './descriptors.ts';
import { interfaceStep } from './interface.ts';
import { processStep } from './process.ts';
import { robotsStep } from './robots.ts';

/** In the order of the report. */
export const STEPS: readonly Step[] = [interfaceStep, descriptorsStep, backlogStep, processStep, robotsStep];

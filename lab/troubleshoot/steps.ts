import { NAME } from '../../common/called.ts';
import { darwin } from './darwin/darwin-looks.ts';
import { linux } from './linux/linux-looks.ts';
import type { Step, System } from './step.ts';
import type { Subject } from './subject.ts';

export const SYSTEMS: Record<Subject['os'], System> = { linux, darwin };

/** In the order of the report. */
export const STEPS: readonly Step[] = [
  {
    step: 'interface',
    cause: 'loopback-interface',
    question: 'does the interface damage or lose packets?',
    toSee: `run \`${NAME} diagnose --load\`: its users report that`,
    decidedBy: { 'loopback-interface': 'the interface' },
  },
  {
    step: 'descriptors',
    cause: 'fd-exhaustion',
    question: 'has the server run out of descriptors?',
    needs: 'server',
    toSee: "run as root, or as the server's user",
    decidedBy: { 'fd-exhaustion': "the server's descriptors" },
  },
  {
    step: 'backlog',
    cause: 'listen-backlog',
    question: 'has the accept queue been full?',
    needs: 'listener',
    toSee: 'this step needs ss and nstat, of iproute2',
    decidedBy: {
      'accept-queue-reset': 'the accept queue',
      'accept-queue-drop': 'the accept queue',
      'syn-queue': 'the SYN queue',
    },
  },
  {
    step: 'time-out or panic',
    cause: 'app-timeout-or-panic',
    question: 'has the server died, stopped, hung, or been too busy?',
    needs: 'server',
    toSee: `its log (--log) or its users (\`${NAME} diagnose --load\`) show that`,
    decidedBy: {
      'memory-kill': 'a kill for want of memory',
      'gateway-crash': 'a crash',
      'app-timeout-or-panic': "the server's end",
    },
    orPointsAt: { 'gateway-restart': 'a restart' },
  },
  {
    step: 'robots',
    cause: 'robots-limit',
    question: 'is the load generator itself at a limit?',
    toSee: 'name it with --robots <pid>',
    decidedBy: {},
  },
];

import { docker } from '../../lab/runtimes/docker/docker.ts';
import { skipWhenMissing } from '../skip.ts';
import { examSuite } from './spec.ts';

/** One of each kind of evidence: the kernel's, the process's, the gateway's, the robots' and that of no failure. */
const SOME = ['accept-queue-drop', 'memory-kill', 'gateway-restart', 'ephemeral-ports', 'overflow-made-good'];

describe('some causes in containers, unlabelled', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  examSuite(docker, 3, SOME);
});

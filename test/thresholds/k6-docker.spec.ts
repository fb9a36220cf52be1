import { docker } from '../../lab/runtimes/docker/docker.ts';
import { skipWhenMissing } from '../skip.ts';
import { crossSuite, skipWithoutK6 } from './k6.ts';

describe('k6 on docker', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  skipWithoutK6(docker);
  crossSuite(docker, 4, 0);
});

import { docker } from '../../../../lab/runtimes/docker/docker.ts';
import { testcontainers } from '../../../containers/runtime.ts';
import { tellsInTime } from '../told-in-time.ts';

for (const [name, runtime] of Object.entries({ docker, testcontainers })) tellsInTime(name, runtime);

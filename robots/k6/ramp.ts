/**
 * As users.ts, with the users coming one after another over RAMP (10 s unless told): finds a limit of capacity, such as
 * nofile, that does not depend on how fast they come.
 *
 *   k6 run -e USERS=500 robots/k6/ramp.ts
 */
import { live } from './crowd.ts';
import { readSettings } from './k6-settings.ts';
import { optionsOf } from './options.ts';

const settings = readSettings(__ENV, { RAMP: '10s' });

export const options = optionsOf(settings);

export default () => live(settings);

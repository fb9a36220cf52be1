/**
 * The life of a robot: connect, wait until everybody is there, bet, stay, leave. USERS, RAMP, BETTING, ROUNDS and so on
 * from the environment, see docs/k6.md.
 *
 *   k6 run -e USERS=500 robots/k6/users.ts
 */
import { live } from './crowd.ts';
import { readSettings } from './k6-settings.ts';
import { optionsOf } from './options.ts';

const settings = readSettings(__ENV);

export const options = optionsOf(settings);

export default () => live(settings);

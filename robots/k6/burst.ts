/**
 * As users.ts, with everybody at once and no bets: finds a limit of rate, such as the accept queue.
 *
 *   k6 run -e USERS=500 robots/k6/burst.ts
 */
import { live } from './crowd.ts';
import { readSettings } from './k6-settings.ts';
import { optionsOf } from './options.ts';

const settings = readSettings(__ENV, { RAMP: '0', ROUNDS: '0', HOLD_MS: '1000' });

export const options = optionsOf(settings);

export default () => live(settings);

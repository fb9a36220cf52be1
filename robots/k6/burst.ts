/**
 * As users.ts, with everybody at once and no bets: finds a limit of rate, such as the accept queue.
 *
 *   k6 run -e USERS=500 robots/k6/burst.ts
 */
import { script } from './script.ts';

const { options, life } = script({ RAMP: '0', ROUNDS: '0', HOLD_MS: '1000' });

export { life as default, options };

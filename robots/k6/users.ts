/**
 * The life of a robot: connect, wait until everybody is there, bet, stay, leave. USERS, RAMP, BETTING, ROUNDS and so on
 * from the environment, see docs/k6.md.
 *
 *   k6 run -e USERS=500 robots/k6/users.ts
 */
import { script } from './script.ts';

const { options, life } = script();

export { life as default, options };

/**
 * As users.ts, with the users coming one after another over RAMP (10 s unless told): finds a limit of capacity, such as
 * nofile, that does not depend on how fast they come.
 *
 *   k6 run -e USERS=500 robots/k6/ramp.ts
 */
import { script } from './script.ts';

const { options, life } = script({ RAMP: '10s' });

export { life as default, options };

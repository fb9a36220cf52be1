/**
 * Runs k6 with one of our scripts and says what it tells as the fleet's lines. K6: the binary; K6_SCRIPT: which script;
 * K6_ARGS: a JSON list of what else k6 is given; K6_CWD: where it runs. The load itself is in the scripts' own variables.
 */
import { runK6 } from './k6-process.ts';

process.exit(await runK6(process.env));

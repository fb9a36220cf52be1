import type { Options } from 'k6/options';
import { OUTCOMES, type Stage } from '../../protocol/fleet-events.ts';
import { live } from './crowd.ts';
import { type K6Settings, readSettings, sharesOf } from './k6-settings.ts';

/** Every wait of a user is bounded by its settings; this bounds what is left: a socket that k6 does not let go. */
const LONGEST = '24h';

const STAGES: readonly Stage[] = ['connect', 'upgrade', 'open'];

/** What a script gives to k6: its options, and the life of one VU's users. `presets` are the script's own. */
export function script(presets?: Parameters<typeof readSettings>[1]) {
  const settings = readSettings(__ENV, presets);
  return { options: optionsOf(settings), life: () => live(settings) };
}

/** Each user once; green when all came and none failed, and a line in the summary for each way to fail. */
function optionsOf(settings: K6Settings): Options {
  const ways = OUTCOMES.filter((outcome) => outcome !== 'open');
  return {
    scenarios: {
      users: {
        executor: 'per-vu-iterations',
        vus: sharesOf(settings).vus,
        iterations: 1,
        maxDuration: LONGEST,
        gracefulStop: '0s',
      },
    },
    thresholds: {
      users: [`count==${settings.USERS}`],
      failed: ['count==0'],
      ...Object.fromEntries(STAGES.map((stage) => [`failed{stage:${stage}}`, ['count==0']])),
      ...Object.fromEntries(ways.map((outcome) => [`failed{outcome:${outcome}}`, ['count==0']])),
    },
  };
}

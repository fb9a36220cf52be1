import type { OrderEnd } from '../../../robots/orders.ts';
import type { Ending, Part, PartSpec } from '../runtime.ts';
import { append, follow, once, post, watchLife } from './exchange.ts';

/** Orders given so far in each folder: the next has the next number. */
const given = new Map<string, number>();

/**
 * Gives an order to who follows orders in that folder of the exchange. The part ends with the fleet, or some seconds after its container has
 * gone. `stop` ends the waiting for what it says.
 */
export function orderFleet(folder: string, { env, onLine }: PartSpec): { part: Part; stop: () => void } {
  const number = (given.get(folder) ?? 0) + 1;
  given.set(folder, number);
  const path = `${folder}/${number}`;
  const { promise: ended, resolve } = Promise.withResolvers<Ending>();
  const fleet = follow(`${path}.fleet.ndjson`, onLine);
  const stop = () => {
    for (const followed of [fleet, end, life]) followed.stop();
  };
  const end = once(`${path}.end.json`, (content) => {
    const { code, signal, stderr } = content as OrderEnd;
    // Its last lines stand there already: the fleet had ended when this file was written.
    stop();
    resolve({ code, signal, output: stderr.trim() });
  });
  const life = watchLife(folder, (silentMs) => {
    stop();
    resolve({
      code: null,
      signal: null,
      output: `its container ${folder} has ended, or stands still: no sign of life for ${silentMs / 1000} s`,
    });
  });
  post(`${path}.order.json`, env);
  return {
    part: {
      ended,
      async signal(name) {
        // The robots are another container: compose itself stops them; here the wait for them ends.
        if (name === 'SIGTERM') resolve({ code: null, signal: name, output: 'interrupted' });
      },
      say: (line) => append(`${path}.said`, line),
    },
    stop,
  };
}

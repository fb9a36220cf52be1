import type { ServerSample } from '../../../protocol/observer-events.ts';
import { readTurningRules } from '../../../system/nft.ts';
import { type BesideLook, whenChanged } from './beside-look.ts';

/** The rules are asked for no more often, and nft may take so small a part of the time: of a machine with thousands they take a second. */
const LEAST_MS = 500;
const SHARE = 1 / 10;

/**
 * Looks at the rules of netfilter in the server's namespace that turn packets of its port away. Only root may; it is told when it has
 * changed, by the first sample after nft has answered.
 */
export function filterRules(): BesideLook {
  let asked = false;
  let nextAt = 0;
  const changed = whenChanged();
  let now: ServerSample['filter'];
  return ({ port, inside }) => {
    if (inside && process.getuid?.() === 0 && !asked && performance.now() >= nextAt) {
      asked = true;
      const from = performance.now();
      readTurningRules(port).then((rules) => {
        const until = performance.now();
        // Where it has never answered there is none, or it may not be asked.
        asked = rules === undefined && now === undefined;
        now = rules ?? now;
        nextAt = Math.max(from + LEAST_MS, until + (until - from) / SHARE);
      });
    }
    return changed(now && { filter: now });
  };
}

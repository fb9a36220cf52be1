import type { Extra } from './extras.ts';

/** Of docker's proxy before the gateway. */
export const PUBLISHED_EXTRAS: Record<string, Extra> = {
  /** `proxy=listening`, `proxy=gone`, `proxy=?`: the users came through a published port; its proxy at the end. */
  proxy(evidence, value, random) {
    evidence.asked.via = 'published';
    if (value === '?') return;
    const peak = 20 + Math.floor(random() * 100);
    evidence.proxy = { port: 32_768, listening: value === 'listening', nofile: 128, atRest: 8, peak };
  },
};

import { LAB } from '../../common/called.ts';
import { type Next, whole } from '../../common/next.ts';
import type { ThresholdsDocument } from './threshold-document.ts';

/** What a user beyond a law's limit meets. */
const CAUSE_BEYOND: Record<string, string> = {
  descriptors: 'fd-exhaustion',
  'accept-queue': 'accept-queue-drop',
  ports: 'ephemeral-ports',
  'robots-descriptors': 'robots-nofile',
  'max-connections': 'connection-cap',
  'tls-handshake': 'tls-handshake',
};

/** What helps most once a threshold is known: to see what a user more meets, and how that is mended. */
export function nextAfterThreshold({ points, complete }: ThresholdsDocument): Next | undefined {
  if (!complete) return undefined;
  const [cause] = points.flatMap(({ limitedBy }) => CAUSE_BEYOND[limitedBy] ?? []);
  if (cause !== undefined) return whole(`${LAB} run ${cause}`, 'what a user more meets, and the fix');
  return whole(`${LAB} diagnose --port <port> --load <users>`, 'the limit of your own server');
}

import type { Stage } from '../../protocol/fleet-events.ts';

/** Whether a user that ended in this stage was connected, and not open yet: in the TLS handshake, or waiting for what it asked for. */
export function connectedNotOpen(stage: Stage): boolean {
  return stage === 'tls' || stage === 'upgrade';
}

import { removeRig } from './removal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const rigs = new Set<string>();

/** From now on the rig is removed when this process ends, also by a signal. */
export function removeAtTheEnd(label: string): void {
  if (rigs.size === 0) {
    process.on('exit', removeAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  rigs.add(label);
}

/** It has been removed. */
export function wasRemoved(label: string): void {
  rigs.delete(label);
  if (rigs.size > 0) return;
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function removeAll(): void {
  for (const label of rigs) {
    removeRig(label);
    wasRemoved(label);
  }
}

/** Where somebody else listens, as the reporter of `npm test` does, the tests come to an end in order. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.kill(process.pid, signal);
}

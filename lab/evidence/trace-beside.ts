import { fileTraced } from './collect.ts';
import type { Evidence } from './evidence.ts';
import { beginJoining } from './ledger/join.ts';
import { startTracer } from './linux/trace/tracer.ts';

/** The kernel's trace of a server that is not ours, under way. */
export interface TraceBeside extends AsyncDisposable {
  /** Ends it; what it told is under the evidence. Before the watcher ends: what both tell is joined. */
  stop(): Promise<void>;
}

/**
 * Has the kernel tell of the connections of the server that is watched, beside the watcher, where this process is root on the server's
 * machine; where not, the ledger says why. `label`: marks what it makes, for `clean`.
 */
export async function traceServer(evidence: Evidence, label: string): Promise<TraceBeside> {
  const { bootId, namespaces, server } = evidence.observer.before ?? {};
  beginJoining(evidence.ledger);
  const tracer = await startTracer({
    label,
    port: server?.port ?? 0,
    others: server?.otherAddresses,
    bootId,
    namespaces,
    onLine: (line) => fileTraced(evidence, line),
  });
  const stop = async () => {
    await tracer.stop();
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

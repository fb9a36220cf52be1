import { existsSync } from 'node:fs';
import type { GatewayLine } from '../../../gateway/lines.ts';
import { endAll, startProcess } from '../processes.ts';
import type { Ending, Part, PartSpec, Runtime, Stage } from '../runtime.ts';
import { EXCHANGE, follow, post } from './exchange.ts';

/**
 * The compose stack seen from its `lab` container, which shares the gateway's network and pid namespaces and has no
 * Docker socket: the gateway and the robots already run and talk through files; whatever else is needed (the observer,
 * a second gateway for the fix) is a process of this container, in the same namespaces.
 */
export const compose: Runtime = {
  name: 'docker',
  async missing() {
    return existsSync(EXCHANGE)
      ? undefined
      : `${EXCHANGE} is missing: this runs in the lab service of docker-compose.yml`;
  },
  async check() {},
  async open(settings, label) {
    openings += 1;
    return new ComposeStage(label, openings, settings.values.port);
  },
};

let openings = 0;

/** Tells the robots and the gateway's container that no more is to come. */
export function endStack(): void {
  post('end.order.json', {});
}

class ComposeStage implements Stage {
  readonly listenHost = '0.0.0.0';
  readonly targetHost = 'gateway';
  readonly exclusive = true;
  readonly #own = new Set<Part>();
  readonly #followed: { stop: () => void }[] = [];
  readonly #label: string;
  readonly #number: number;
  readonly #port: number;

  constructor(label: string, number: number, port: number) {
    this.#label = label;
    this.#number = number;
    this.#port = port;
  }

  async start(spec: PartSpec): Promise<Part> {
    if (spec.role === 'robots') return this.#order(spec);
    if (spec.role === 'gateway' && this.#number === 1) return this.#joinGateway(spec);
    // The first gateway still has the port: the one with the fix takes the next.
    const env =
      spec.role === 'gateway' ? { ...spec.env, PORT: String(this.#port + this.#number - 1) } : spec.env;
    const part = startProcess({ ...spec, env }, this.#label, []);
    this.#own.add(part);
    return part;
  }

  #joinGateway(spec: PartSpec): Part {
    const ended = Promise.withResolvers<Ending>();
    let pid: number | undefined;
    this.#followed.push(
      follow('gateway.ndjson', (line) => {
        const parsed = line as GatewayLine | { event: 'exit'; code: number | null; signal: string | null };
        if (parsed.event === 'exit') {
          ended.resolve({ code: parsed.code, signal: parsed.signal, output: '' });
          return;
        }
        if (parsed.event === 'listening') pid = parsed.pid;
        spec.onLine(line);
      }),
    );
    return {
      ended: ended.promise,
      async signal(name) {
        try {
          if (pid !== undefined) process.kill(pid, name);
        } catch {
          // It has ended.
        }
      },
    };
  }

  #order(spec: PartSpec): Part {
    const ended = Promise.withResolvers<Ending>();
    this.#followed.push(
      follow(`${this.#number}.fleet.ndjson`, (line) => {
        spec.onLine(line);
        if ((line as { event: string }).event === 'done')
          ended.resolve({ code: 0, signal: null, output: '' });
      }),
    );
    post(`${this.#number}.order.json`, spec.env);
    return {
      ended: ended.promise,
      async signal(name) {
        // The robots are another container: compose itself stops them; here the wait for them ends.
        if (name === 'SIGTERM') ended.resolve({ code: null, signal: name, output: 'interrupted' });
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const followed of this.#followed) followed.stop();
    await endAll(this.#own, 6000);
  }
}

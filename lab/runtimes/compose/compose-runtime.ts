import { existsSync } from 'node:fs';
import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import type { GatewayLine } from '../../../protocol/gateway-events.ts';
import { refused, refusePublished } from '../../settings/refused.ts';
import type { Settings } from '../../settings/schema.ts';
import { delayInPlace } from '../link-delay.ts';
import { endAll, startProcess } from '../processes.ts';
import type { Ending, LinkQdisc, Part, PartSpec, Runtime, Stage } from '../runtime.ts';
import { EXCHANGE, follow, followers, post } from './exchange.ts';
import { ONE_GATEWAY } from './one-gateway.ts';
import { orderFleet } from './ordered-fleet.ts';

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
  async check(settings) {
    refusePublished(settings, 'the compose stack');
    if (settings.values.gateways > 1)
      throw refused(
        settings,
        'gateways',
        `${ONE_GATEWAY}; allowed: 1, or \`npm run lab -- run --runtime docker\``,
      );
  },
  async open(settings, label) {
    openings += 1;
    return new ComposeStage(label, openings, settings.values);
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
  readonly hasK6 = true;
  readonly exclusive = true;
  readonly #own = new Set<Part>();
  readonly #followed: { stop: () => void }[] = [];
  readonly #label: string;
  readonly #number: number;
  readonly #port: number;
  readonly sources?: number;

  constructor(label: string, number: number, { port, sources = 1 }: Settings) {
    this.#label = label;
    this.#number = number;
    this.#port = port;
    if (sources > 1) this.sources = sources;
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

  /** The delay has been there since before the load: the service `prepare` has the capability, this container has none. */
  delayLink(): Promise<LinkQdisc> {
    return delayInPlace('eth0');
  }

  #joinGateway(spec: PartSpec): Part {
    const ended = Promise.withResolvers<Ending>();
    let pid: number | undefined;
    this.#followed.push(
      follow('gateway.ndjson', (line) => {
        const parsed = line as GatewayLine | ({ event: 'exit' } & Ending);
        if (parsed.event === 'exit') {
          const { code, signal, oomKills } = parsed;
          ended.resolve(defined({ code, signal, oomKills, output: '' }));
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

  /** A container is a source: it has an address and local ports of its own. */
  #order(spec: PartSpec): Part {
    const { source = 0, tool } = spec;
    const folder = followers(tool ?? 'robots')[source];
    if (folder === undefined) throw new CannotRunError(`${EXCHANGE}: no container ${source + 1} of robots`);
    const { part, stop } = orderFleet(folder, spec);
    this.#followed.push({ stop });
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const followed of this.#followed) followed.stop();
    await endAll(this.#own);
  }
}

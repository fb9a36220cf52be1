import { CannotRunError } from '../../../common/errors.ts';
import { refused, refusePublished } from '../../settings/refused.ts';
import type { Settings } from '../../settings/schema.ts';
import { parseQdisc } from '../link-delay.ts';
import { endAll } from '../processes.ts';
import type { LinkQdisc, Part, PartSpec, Runtime, Stage } from '../runtime.ts';
import type { Stack } from './joined-stack.ts';
import { ONE_GATEWAY } from './one-gateway.ts';

/**
 * The compose stack seen from its `lab` container, which has no Docker socket: the gateway runs already, and whatever else is needed is started
 * by those who have joined the channel: the fleets in their containers; the observer, and a second gateway for the fix, in the container
 * which shares the gateway's network and pid namespaces.
 */
export function composeOf(stack: Stack): Runtime {
  let openings = 0;
  return {
    name: 'docker',
    async missing() {
      return undefined;
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
    async open({ values }) {
      openings += 1;
      return stageOf(stack, openings, values);
    },
  };
}

function stageOf({ gateway, robots, k6 }: Stack, number: number, { port, sources = 1 }: Settings): Stage {
  const own = new Set<Part>();
  const beside = (spec: PartSpec) => {
    const part = gateway.start(spec);
    own.add(part);
    return part;
  };
  return {
    listenHost: '0.0.0.0',
    // Its name on the network of the users alone.
    targetHost: 'gateway.arena',
    hasK6: true,
    exclusive: true,
    ...(sources > 1 && { sources }),
    async start(spec) {
      if (spec.role === 'robots') {
        // A container is a source: it has an address and local ports of its own.
        const { source = 0, tool = 'robots' } = spec;
        const member = (tool === 'k6' ? k6 : robots)[source];
        if (member === undefined) throw new CannotRunError(`${tool}: no container ${source + 1} has joined`);
        return member.start(spec);
      }
      if (spec.role !== 'gateway') return beside(spec);
      if (number === 1) return gateway.follow(spec.onLine);
      // The first gateway still has the port: the one with the fix takes the next.
      return beside({ ...spec, env: { ...spec.env, PORT: String(port + number - 1) } });
    },
    /** The delay has been there since before the load: the service `prepare` has the capability, this container has none. */
    async delayLink(): Promise<LinkQdisc> {
      const [qdisc] = Object.values(gateway.hello.qdiscs);
      if (qdisc === undefined) throw new CannotRunError('link delay: no interface of the gateway has one');
      return parseQdisc(qdisc);
    },
    [Symbol.asyncDispose]: () => endAll(own),
  };
}

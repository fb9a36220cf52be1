import { CannotRunError } from '../../../common/errors.ts';
import { MemberClock } from '../channel/hub.ts';
import type { Member } from '../channel/member-at-lab.ts';
import { parseQdisc } from '../link-delay.ts';
import type { LinkQdisc, Part, PartClock, PartSpec, Stage } from '../runtime.ts';
import { SERVICES } from './service-role.ts';
import type { Stack } from './stack.ts';
import { placeIn } from './subnet.ts';

/** A clock that is off by more is told of, ms. */
const FAR_MS = 1000;

/** Nodes whose clocks were told of: a search makes many stages. */
const told = new Set<string>();

type Clock = Pick<PartClock, 'role' | 'number' | 'where'> & { clock: MemberClock };

/** A stack whose members wait for orders, as a stage: their clocks are measured. */
export async function swarmStage(stack: Stack): Promise<Stage> {
  const { gateway: gateways, robots } = stack.members;
  const clocks = await Promise.all(
    SERVICES.flatMap((role) =>
      stack.members[role].map(async (member, number): Promise<Clock> => {
        const { where = member.hello.host } = member.hello;
        return { role, number, where, clock: await MemberClock.of(member) };
      }),
    ),
  );
  for (const clock of clocks) tellFar(clock);

  function placeOf(gateway: number) {
    const { hello } = memberOf(gateways, gateway, 'gateway');
    const place = placeIn(stack.subnet, hello.addresses);
    if (place === undefined)
      throw new CannotRunError(`swarm: gateway.${gateway + 1}: it has no address in ${stack.subnet}`);
    return { ...place, qdisc: hello.qdiscs[place.device] };
  }

  return {
    listenHost: '0.0.0.0',
    targetHost: placeOf(0).address,
    targetOf: (gateway) => placeOf(gateway).address,
    sources: robots.length,
    hasK6: false,
    exclusive: true,
    async start(spec: PartSpec): Promise<Part> {
      const { role, gateway = 0, source = 0 } = spec;
      // The observer sees the gateway's process from beside it.
      const member =
        role === 'robots' ? memberOf(robots, source, 'robots') : memberOf(gateways, gateway, 'gateway');
      return member.start(spec);
    },
    clocks: () =>
      Promise.all(
        clocks.map(
          async ({ clock, ...whose }): Promise<PartClock> => ({ ...whose, ...(await clock.again()) }),
        ),
      ),
    /** It has been there since before the member. */
    async delayLink(_ms, gateway = 0): Promise<LinkQdisc> {
      return parseQdisc(placeOf(gateway).qdisc ?? '');
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

function memberOf(members: readonly Member[], number: number, kind: string): Member {
  const member = members[number];
  if (member === undefined) throw new Error(`swarm: there is no ${kind}.${number + 1}`);
  return member;
}

function tellFar({ where, clock: { aheadMs, errorMs } }: Clock): void {
  if (Math.abs(aheadMs) <= FAR_MS || told.has(where)) return;
  told.add(where);
  const off = `${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;
  process.stderr.write(`swarm: the clock of ${where} is ${off} (±${errorMs} ms); its times are corrected\n`);
}

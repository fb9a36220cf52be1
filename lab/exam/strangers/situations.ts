import type { Crowd, Outcome, Speech } from './plan.ts';
import { failedIn, howMany, servedIn } from './plan.ts';
import type { Situation } from './program.ts';

/** What a situation of these is given by a program, beyond what its function takes. */
type More = Partial<
  Pick<Situation, 'set' | 'truth' | 'symptoms' | 'nofile' | 'robots' | 'always' | 'where' | 'sysctls' | 'log'>
>;

/** So long the users of a question come and stay, ms. */
const FOR_MS = 5000;
/** Fewer than this who failed show nothing. */
const SOME = 4;

const some = (size: number, users: number) => Math.max(1, Math.round(size * users));

/** Users who stay and ask now and then. */
function pool(speech: Speech, users: number, more: Partial<Crowd> = {}): Crowd {
  return { name: 'pool', users, overMs: 400, does: 'stay', everyMs: 700, speech, ...more };
}

function visits(speech: Speech, users: number, more: Partial<Crowd> = {}): Crowd {
  return { name: 'visits', users, overMs: FOR_MS - 800, does: 'visit', speech, ...more };
}

/** Nobody failed, and so many were served at least. */
function well(atLeast: number): Situation['missing'] {
  return (met) => {
    if (failedIn(met) > 0) return `users of a healthy server failed: ${JSON.stringify(met)}`;
    return servedIn(met) >= atLeast ? undefined : `only ${servedIn(met)} users were served`;
  };
}

/** Some of them met one of these. */
function met(outcomes: readonly Outcome[], crowd: string): Situation['missing'] {
  return (all) => {
    const hit = howMany(all, outcomes, crowd);
    if (hit >= SOME) return undefined;
    return `${hit} users of ${crowd} met ${outcomes.join(' or ')}: ${JSON.stringify(all)}`;
  };
}

const healthyRobots = { users: 20, hold: '1s' };

/** Healthy: users who stay, visits beside them, and robots. */
export function healthy({ stays = true, ...more }: More & { stays?: boolean } = {}): Situation[] {
  const shape = (
    id: string,
    crowds: (speech: Speech, size: number) => Crowd[],
    atLeast: number,
  ): Situation => ({
    id,
    truth: [],
    load: (speech, size) => ({ forMs: FOR_MS, crowds: crowds(speech, size) }),
    missing: well(atLeast),
    ...more,
  });
  return [
    ...(stays ? [shape('pool', (speech, size) => [pool(speech, some(size, 15))], 10)] : []),
    shape('short requests', (speech, size) => [visits(speech, some(size, 120))], 60),
    ...(stays
      ? [
          shape(
            'pool beside probes',
            (speech, size) => [
              pool(speech, some(size, 10), { overMs: 0 }),
              visits(speech, some(size, 40)),
              pool(speech, some(size, 8), { name: 'leaving', untilMs: 2000, everyMs: 500 }),
            ],
            30,
          ),
        ]
      : []),
    { ...shape('robots', (speech) => [visits(speech, 2)], 2), robots: healthyRobots },
  ];
}

/** A reload by SIGHUP beside short requests. */
export function reload(): Situation {
  return {
    id: 'reload',
    truth: [],
    load: (speech, size) => ({ forMs: FOR_MS, crowds: [visits(speech, some(size, 100))] }),
    deeds: [{ atMs: 1500, does: 'reload' }],
    missing: well(50),
  };
}

/** So many come beyond a limit of `limit`. */
const BEYOND = 1.5;

/** Who comes beyond a number of connections is closed. `stay`: what is otherwise of those who stay. */
export function cap(
  limit: number,
  set: More['set'],
  { stay = {}, ...more }: More & { id?: string; stay?: Partial<Crowd> } = {},
): Situation {
  return {
    id: 'cap',
    truth: ['connection-cap'],
    ...(set ? { set } : {}),
    load: (speech, size) => ({
      forMs: FOR_MS,
      crowds: [
        pool(speech, limit + 10, { overMs: 800, ...stay }),
        visits(speech, some(size, limit * (BEYOND - 1) + 10), {
          name: 'beyond',
          afterMs: 1500,
          overMs: 2000,
        }),
      ],
    }),
    missing: met(['closed', 'otherwise', 'reset'], 'beyond'),
    robots: { users: Math.round(limit * BEYOND) + 10, timeout: '4s', hold: '1s', ramp: '1s' },
    ...more,
  };
}

/** The same, and robots of ours would not make it. */
export function withoutRobots({ robots: _, ...situation }: Situation): Situation {
  return situation;
}

/** Who comes beyond a number of connections waits until one leaves. */
export function waits(
  limit: number,
  set: More['set'],
  more: More & { id?: string; stays?: boolean } = {},
): Situation {
  return {
    id: 'concurrency',
    truth: ['concurrency-limit'],
    ...(set ? { set } : {}),
    load: (speech, size) => ({
      forMs: FOR_MS + 1000,
      crowds: [
        pool(speech, Math.ceil(limit / 2), { name: 'leaving', untilMs: 3200 }),
        pool(speech, Math.floor(limit / 2), { afterMs: 200 }),
        pool(speech, some(size, limit + 10), {
          name: 'beyond',
          afterMs: 1000,
          overMs: 1000,
          patienceMs: 3000,
        }),
      ],
    }),
    missing: met(['unanswered', 'timeout'], 'beyond'),
    robots: { users: Math.round(limit * BEYOND) + 10, timeout: '3s', hold: '1s', ramp: '500ms' },
    ...more,
  };
}

/** Requests that take longer than their users wait, and too few who serve them. Each asks for what `speech.ask` says. */
export function busy(limit: number, set: More['set'], speech: Partial<Speech>, more: More = {}): Situation {
  return {
    id: 'workers',
    truth: ['concurrency-limit'],
    ...(set ? { set } : {}),
    load: (own, size) => ({
      forMs: FOR_MS + 1000,
      crowds: [
        {
          name: 'slow',
          users: limit + 2,
          overMs: 200,
          does: 'visit',
          patienceMs: 5500,
          speech: { ...own, ...speech },
        },
        visits(own, some(size, 25), { name: 'beyond', afterMs: 700, overMs: 2000, patienceMs: 2000 }),
      ],
    }),
    missing: met(['unanswered', 'timeout'], 'beyond'),
    ...more,
  };
}

/** Few who serve, each held by somebody who does not go on. */
export function held(limit: number, set: More['set'], more: More = {}): Situation {
  return {
    id: 'held workers',
    truth: ['concurrency-limit'],
    ...(set ? { set } : {}),
    load: (speech, size) => ({
      forMs: FOR_MS + 1000,
      crowds: [
        { name: 'holding', users: limit, overMs: 100, does: 'half', untilMs: 4500, speech },
        visits(speech, some(size, 25), { name: 'beyond', afterMs: 600, overMs: 1500, patienceMs: 2000 }),
      ],
    }),
    missing: met(['unanswered', 'timeout'], 'beyond'),
    ...more,
  };
}

/** Some servers look once a second for what is due: of users who come for little longer all end at two moments, ms. */
const BEYOND_A_BEAT_MS = 3200;

/** Users who were served and say no more are closed. */
export function idle(set: More['set'], more: More & { speech?: Speech } = {}): Situation {
  const { speech: own, ...rest } = more;
  return {
    id: 'idle',
    truth: ['idle-timeout'],
    // From outside a user who would have stayed is the same as one that is done.
    minded: 'only users know',
    ...(set ? { set } : {}),
    load: (speech, size) => ({
      forMs: FOR_MS + 2000,
      crowds: [
        // Whoever is closed and wants to stay comes back; who does not was hurt by nothing. They come for longer than a server's beat of a second.
        // Of users that all fall silent as they come nobody could say whether it is their silence that was too long, or their age.
        {
          ...{ name: 'quiet', users: some(size, 20), overMs: BEYOND_A_BEAT_MS, returns: true },
          ...{ does: 'stay' as const, againMs: 800, againTimes: 2, speech: own ?? speech },
        },
        visits(speech, 10),
      ],
    }),
    missing: met(['cut'], 'quiet'),
    ...rest,
  };
}

/** Users who connect and say nothing are closed. */
export function handshake(set: More['set'], more: More = {}): Situation {
  return {
    id: 'handshake',
    truth: ['handshake-timeout'],
    ...(set ? { set } : {}),
    load: (speech, size) => ({
      forMs: FOR_MS + 1500,
      crowds: [
        { name: 'silent', users: some(size, 20), overMs: BEYOND_A_BEAT_MS, does: 'silent', speech },
        visits(speech, 10),
      ],
    }),
    missing: met(['closed', 'reset'], 'silent'),
    ...more,
  };
}

/** Fewer descriptors than users. */
export function nofile(limit: number, more: More & { beyond?: readonly Outcome[] } = {}): Situation {
  const { beyond = ['unanswered', 'closed', 'reset', 'otherwise', 'timeout'], ...rest } = more;
  return {
    id: 'nofile',
    truth: ['fd-exhaustion'],
    nofile: limit,
    load: (speech, size) => ({
      forMs: FOR_MS,
      crowds: [pool(speech, limit + some(size, 30), { overMs: 1200, patienceMs: 2000 })],
    }),
    missing: met(beyond, 'pool'),
    robots: { users: limit + 40, timeout: '3s', hold: '1s', ramp: '500ms' },
    ...rest,
  };
}

/** All its processes are stopped; somebody leaves, and nobody is taken. */
export function stopped(): Situation {
  return {
    id: 'stopped',
    truth: ['not-accepting'],
    load: (speech, size) => ({
      forMs: FOR_MS + 500,
      crowds: [
        speech.once
          ? visits(speech, 10, { name: 'before', overMs: 500 })
          : pool(speech, 8, { name: 'before', untilMs: 3000, everyMs: 60_000 }),
        visits(speech, some(size, 25), { name: 'beyond', afterMs: 1500, overMs: 1500, patienceMs: 2200 }),
      ],
    }),
    deeds: [{ atMs: 1200, does: 'stop' }],
    missing: met(['unanswered', 'timeout'], 'beyond'),
  };
}

/** It is killed with its users in it. */
export function killed(): Situation {
  return {
    id: 'killed',
    truth: ['killed', 'gateway-crash', 'app-timeout-or-panic'],
    load: (speech, size) => ({
      forMs: FOR_MS,
      crowds: [
        speech.once ? visits(speech, some(size, 60)) : pool(speech, some(size, 15)),
        visits(speech, 20, { name: 'after', afterMs: 2400, overMs: 1000 }),
      ],
    }),
    deeds: [{ atMs: 2000, does: 'kill' }],
    missing: met(['refused'], 'after'),
  };
}

/** One of its workers is killed, with its users in it. */
export function workerKilled(more: More = {}): Situation {
  return {
    id: 'worker killed',
    truth: ['killed', 'app-timeout-or-panic'],
    load: (speech, size) => ({
      forMs: FOR_MS,
      crowds: [pool(speech, some(size, 20)), visits(speech, 20)],
    }),
    deeds: [{ atMs: 2000, does: 'kill-worker' }],
    missing: met(['cut', 'reset'], 'pool'),
    ...more,
  };
}

/** Its firewall drops who comes, or resets them. */
export function filtered(): Situation[] {
  const rule = (id: string, does: 'drop-syn' | 'reject', outcome: Outcome): Situation => ({
    id,
    truth: ['packet-filter'],
    load: (speech, size) => ({
      forMs: FOR_MS + 500,
      crowds: [
        visits(speech, 10, { name: 'before', overMs: 800 }),
        visits(speech, some(size, 25), { name: 'beyond', afterMs: 1600, overMs: 1500, patienceMs: 2000 }),
      ],
    }),
    deeds: [{ atMs: 1300, does }],
    missing: met([outcome], 'beyond'),
  });
  return [rule('firewall drops', 'drop-syn', 'timeout'), rule('firewall rejects', 'reject', 'refused')];
}

/** Nobody listens behind a proxy. */
export function upstreamDown(set: More['set']): Situation {
  return {
    id: 'upstream down',
    truth: ['upstream-refused'],
    ...(set ? { set } : {}),
    load: (speech, size) => ({ forMs: FOR_MS, crowds: [visits(speech, some(size, 50))] }),
    missing: met(['otherwise'], 'visits'),
    robots: { users: 30, timeout: '4s' },
  };
}

/** The queue of what is behind a proxy is full. */
export function upstreamFull(set: More['set']): Situation {
  return {
    id: 'upstream full',
    truth: ['upstream-queue'],
    ...(set ? { set } : {}),
    load: (speech, size) => ({
      forMs: FOR_MS + 1000,
      crowds: [visits(speech, some(size, 50), { patienceMs: 4500, overMs: 3000 })],
    }),
    missing: met(['otherwise', 'unanswered'], 'visits'),
  };
}

/** A proxy has no local port left towards what is behind it, which answers late. */
export function upstreamPorts(set: More['set']): Situation {
  return {
    id: 'upstream ports',
    truth: ['ephemeral-ports'],
    ...(set ? { set } : {}),
    sysctls: { 'net/ipv4/ip_local_port_range': '40000 40031' },
    where: 'elsewhere',
    load: (speech, size) => ({
      forMs: FOR_MS + 1000,
      crowds: [visits(speech, some(size, 90), { overMs: 1500, patienceMs: 4800 })],
    }),
    missing: met(['otherwise'], 'visits'),
  };
}

/** What can happen to any server. */
export function ofAny({ stays = true } = {}): Situation[] {
  return [...healthy({ stays }), stopped(), killed(), ...filtered()];
}

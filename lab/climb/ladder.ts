import { rampMs } from '../../common/duration.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import { change, type Fix, together } from '../causes/shared/cause.ts';
import type { Settings } from '../settings/schema.ts';
import { isRate, type Wall } from './wall.ts';

/** A wall, with what the load that met it tells of the way past it. */
export interface Met extends Wall {
  /** Descriptors of a gateway at rest. */
  atRest: number;
  /** Addresses that the robots came from. */
  sources: number;
  /** Users of the load. */
  users: number;
  /** Did most of those who failed do so before they were open? */
  early: boolean;
  /** Users a second that became open; undefined: they were too few to tell. */
  perSecond: number | undefined;
  /** The shortest queue, of doubled ones, that would have held this load at its rates; undefined: it was not the queue, or none is long enough. */
  queue: number | undefined;
  /** What the cause itself would have changed; undefined: it knows of nothing. */
  own: Fix | undefined;
}

/** How far up it is to go, and what this machine allows on the way. */
export interface Top {
  to: number;
  /** The highest nofile that a gateway can have. */
  nofile: number;
}

/** Users are sent so many times more slowly than they were served. */
const EASE = 1.5;
/** Where nothing tells how fast they were served. */
const FIRST_RAMP_MS = 5000;
/** Users who come more slowly than this would not be there in time. */
const LONGEST_RAMP_MS = 120_000;

/** It is seen whether it is there at all. */
const AGAIN: Fix = { change: 'none is known: the same load again', settings: {} };

/** What is changed to get past a wall: the next rung. Undefined: nothing that this machine has. Pure. */
export function rungOf(met: Met, settings: Settings, top: Top): Fix | undefined {
  switch (met.cause) {
    case 'fd-exhaustion':
      return moreDescriptors(met, settings, top);
    case 'ephemeral-ports':
    case 'robots-nofile':
      return moreSources(met, settings, top);
    case 'unknown':
      return (met.early ? slowerUsers(met, settings) : undefined) ?? AGAIN;
    default:
      return isRate(met.cause) && met.early
        ? (longerQueue(met, settings) ?? slowerUsers(met, settings))
        : met.own;
  }
}

function moreDescriptors({ atRest }: Met, { nofile, gateways }: Settings, { to, nofile: most }: Top) {
  if (nofile < most) return change('nofile', nofile, Math.min(2 * nofile, most));
  const needed = Math.ceil(to / Math.max(1, nofile - atRest));
  return raised('gateways', gateways, needed);
}

/** Each gateway has users from every source, and each source what the law says of it. */
function moreSources({ sources, predicted }: Met, { gateways }: Settings, { to }: Top) {
  const each = Math.floor((predicted ?? 0) / (gateways * sources));
  const needed = Math.ceil(Math.ceil(to / gateways) / Math.max(1, each));
  return raised('sources', sources, needed);
}

/** Twice as many, and no more than are needed, or allowed. */
function raised(name: 'gateways' | 'sources', now: number, needed: number): Fix | undefined {
  const next = Math.min(2 * now, needed, SETTINGS[name].max);
  return next > now ? change(name, now, next) : undefined;
}

/** The kernel takes the smaller of the two (net/socket.c __sys_listen_socket). */
function longerQueue({ queue }: Met, settings: Settings): Fix | undefined {
  if (queue === undefined) return undefined;
  return together(
    (['backlog', 'somaxconn'] as const).map((name) =>
      settings[name] < queue ? change(name, settings[name], queue) : undefined,
    ),
  );
}

/** Users who come more slowly than they were served, and than they came; undefined: that would take too long. */
export function slowerUsers({ users, perSecond }: Met, { ramp }: Settings): Fix | undefined {
  const now = rampMs(ramp);
  const served = perSecond === undefined ? undefined : (EASE * users * 1000) / perSecond;
  const wanted = now === 0 ? (served ?? FIRST_RAMP_MS) : Math.max(EASE * now, served ?? 2 * now);
  const next = Math.min(1000 * Math.ceil(wanted / 1000), LONGEST_RAMP_MS);
  return next > now ? change('ramp', ramp, `${next / 1000}s`) : undefined;
}

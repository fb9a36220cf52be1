import { defined } from '../../common/defined.ts';
import type { HolderState } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import type { ExpectationDocument } from '../expect/expectation.ts';
import type { Facts } from '../facts/facts.ts';
import { DESCRIPTOR_LAW } from '../laws/descriptor-law.ts';
import {
  type EffectiveSettings,
  sysctlValues,
  type ThresholdDocument,
  type UsersDocument,
  usersDocument,
} from '../run/verdict-document.ts';
import type { OutsideVerdict } from '../verdict/judge-server.ts';
import { scopeOf, seenOf } from './scope.ts';
import { type CheckedVerdict, withCommands } from './shell-commands.ts';

/** The server that was looked at. */
export interface TargetDocument {
  how: Place['how'];
  port: number;
  addresses: string[];
  /** In its own pid namespace. */
  pid: number | null;
  name: string | null;
  /** All processes that hold the listener. */
  pids: number[];
  container: string | null;
  /** Is its network namespace another one than the lab's? */
  elsewhere: boolean;
  /** What robots of ours speak to it; absent: its users are somebody else's. */
  speaks?: 'tcp' | 'http' | 'ws';
  /** Where its own log is likely to be, the likeliest first: paths, and commands that show it. */
  logs?: string[];
}

/** What `diagnose --json` prints. */
export interface DiagnosisDocument {
  schema: 1;
  name: 'diagnose';
  complete: boolean;
  target: TargetDocument;
  host: Evidence['host'];
  /** For how long it was watched. */
  watched: { seconds: number; samples: number };
  /** In force. */
  settings: EffectiveSettings;
  /** How robots of ours fared; null: the load was somebody else's, and nobody told. */
  users: UsersDocument | null;
  threshold: ThresholdDocument | null;
  /** What the kernel told of this server alone meanwhile; null: not known. */
  counted: {
    accepted: number | null;
    held: number | null;
    resets: number | null;
    drops: number | null;
    turnedAway: number | null;
  };
  /** How connections ended that the server, or its kernel, ended; one line each. */
  seen: string[];
  /** What else lives in its network namespace, in one line: background, and no evidence. */
  scope: string;
  verdicts: CheckedVerdict[];
  /** What could not be seen, and how to see it. */
  unseen: string[];
  /** Conditions that were given, and how they came out; absent: none were. */
  expectations?: ExpectationDocument[];
  /** Folder with everything measured; null: none was kept. */
  path?: string | null;
}

interface Judged {
  place: Place;
  evidence: Evidence;
  worker: HolderState | undefined;
  facts: Facts;
  verdicts: OutsideVerdict[];
}

/** The document of one diagnosis. The evidence has its first snapshot. */
export function diagnosisDocument({ place, evidence, worker, facts, verdicts }: Judged): DiagnosisDocument {
  const { observer, fleet, asked } = evidence;
  const { before } = observer;
  const { outside, gap } = facts;
  if (before?.server === undefined || outside === undefined) throw new Error('nothing was watched');
  const { port, addresses, holders, unseen } = before.server;
  const loaded = asked.users > 0;
  const subject = { place, port, before, ...defined({ pid: worker?.pid }) };
  return {
    schema: 1,
    name: 'diagnose',
    complete: gap === undefined && (!loaded || (fleet.done !== undefined && !fleet.done.interrupted)),
    target: {
      how: place.how,
      port,
      addresses,
      pid: worker?.pid ?? null,
      name: worker?.name ?? null,
      pids: holders.map(({ pid }) => pid),
      container: place.container?.name ?? null,
      elsewhere: place.enter.length > 0 || place.netDir !== undefined || place.container !== undefined,
      ...defined({ speaks: loaded ? asked.kind : undefined, logs: place.logs }),
    },
    host: evidence.host,
    watched: {
      seconds: Math.round(((observer.series.at(-1)?.at ?? before.at) - before.at) / 100) / 10,
      samples: observer.series.length,
    },
    settings: settingsOf(evidence),
    users: loaded ? usersDocument(facts) : null,
    threshold: loaded ? thresholdOf(facts) : null,
    counted: {
      accepted: outside.came ?? null,
      held: outside.held ?? null,
      resets: facts.connections?.resets ?? null,
      drops: gap ? null : (outside.drops ?? null),
      turnedAway: facts.connections ? facts.connections.ends.filter(({ atOnce }) => atOnce).length : null,
    },
    seen: seenOf(facts),
    scope: scopeOf(facts, before.server),
    verdicts: withCommands(verdicts, subject),
    unseen: gap ? [...unseen, gap.says] : unseen,
  };
}

function settingsOf({ observer: { before } }: Evidence): EffectiveSettings {
  return defined({
    nofile: before?.process?.nofileSoft,
    nofile_hard: before?.process?.nofileHard,
    backlog: before?.server?.backlog,
    ...sysctlValues(before?.sysctls),
  });
}

/** The law of descriptors holds for one process; of several the kernel chooses who gets a connection. */
function thresholdOf({ open, failed, descriptors, outside }: Facts): ThresholdDocument {
  const alone = outside?.workers === 1 && descriptors;
  return {
    measured: open,
    predicted: alone ? descriptors.predicted : null,
    law: DESCRIPTOR_LAW,
    atLeast: failed.length === 0,
  };
}

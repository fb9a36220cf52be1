import { defined } from '../../common/defined.ts';
import type { JudgedWatch } from '../beside/judge-server-watch.ts';
import { settingsOfServer, type TargetDocument, targetOf } from '../beside/target-document.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import type { ExpectationDocument } from '../expect/expectation.ts';
import type { Facts } from '../facts/facts.ts';
import { DESCRIPTOR_LAW } from '../laws/descriptor-law.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import type { ThresholdDocument } from '../run/threshold-of-run.ts';
import { type UsersDocument, usersDocument } from '../run/users-document.ts';
import { scopeOf, seenOf } from './scope.ts';
import { type CheckedVerdict, withCommands } from './shell-commands.ts';

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

interface Judged extends JudgedWatch {
  place: Place;
  evidence: Evidence;
}

/** The document of one diagnosis. The evidence has its first snapshot. */
export function diagnosisDocument({ place, evidence, worker, facts, verdicts }: Judged): DiagnosisDocument {
  const { observer, fleet, asked } = evidence;
  const { before } = observer;
  const { outside, gap } = facts;
  const target = targetOf(place, evidence, worker);
  if (before?.server === undefined || target === undefined || outside === undefined)
    throw new Error('nothing was watched');
  const { port, unseen } = before.server;
  const loaded = asked.users > 0;
  const subject = { place, port, before, ...defined({ pid: worker?.pid }) };
  return {
    schema: 1,
    name: 'diagnose',
    complete: gap === undefined && (!loaded || (fleet.done !== undefined && !fleet.done.interrupted)),
    target,
    host: evidence.host,
    watched: {
      seconds: Math.round(((observer.series.at(-1)?.at ?? before.at) - before.at) / 100) / 10,
      samples: observer.series.length,
    },
    settings: settingsOfServer(evidence),
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

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { counterUntil } from '../facts/counter-growth.ts';
import { readEvidence, readJson } from '../run/read-run-folder.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import { TELLING } from './compared-counters.ts';
import { aligned } from './compared-settings.ts';
import type { Column, System } from './comparison-document.ts';
import { type Seen, together } from './outcome-summary.ts';

/** A run, and what it left of its evidence. */
export interface FinishedRun {
  document: VerdictDocument;
  evidence: Evidence;
  path: string;
}

/** The run in a folder. Throws UsageError where there is none, or one that cannot be read. */
export function readRun(folder: string): FinishedRun {
  const path = join(folder, 'verdict.json');
  if (!existsSync(path)) {
    const why = existsSync(folder) ? 'no verdict.json in it' : 'no such folder';
    throw new UsageError(
      `compare ${folder}: ${why}; allowed: linux, macos, or the folder of a run that has verdict.json`,
    );
  }
  const document = readJson(path) as VerdictDocument;
  if (document?.schema !== 1)
    throw new UsageError(`${path}: schema ${JSON.stringify(document?.schema) ?? 'missing'}; allowed: 1`);
  return { document, evidence: readEvidence(folder, document), path: folder };
}

/** Whose kernel a run was on: containers are Linux wherever they are. Throws UsageError for any other. */
export function systemOf({ document: { runtime, host }, path }: FinishedRun): System {
  if (runtime === 'docker' || runtime === 'compose' || host.os === 'linux') return 'linux';
  if (host.os === 'darwin') return 'macos';
  throw new UsageError(`compare ${path}: ran on ${host.os}; allowed: linux, darwin`);
}

/** The column of a run: its numbers as they were measured. Throws UsageError for a run on another system. */
export function measuredColumn(name: string, run: FinishedRun): Column {
  const { document, path } = run;
  const os = systemOf(run);
  const { runtime, driver, host, complete } = document;
  // On a Mac the containers' kernel is not the host's.
  const kernel =
    host.os === 'darwin' && os === 'linux' ? "the containers' kernel" : `${host.os} ${host.kernel}`;
  const { users, ...figures } = together([seenOf(run, os)]);
  return {
    name,
    os,
    source: 'measured',
    from: `runtime ${runtime}, ${kernel}, driver ${driver}`,
    settings: aligned(document.settings),
    users: { asked: document.users.asked, ...users },
    ...figures,
    notes: [...(complete ? [] : ['the run was interrupted']), ...unread(run, os)],
    path,
  };
}

function seenOf({ document, evidence }: FinishedRun, os: System): Seen {
  const { users } = document;
  const lines = evidence.fleet.users;
  const done = evidence.fleet.phases.find(({ phase }) => phase === 'done')?.at ?? Number.POSITIVE_INFINITY;
  // What the end of the gateway does to its users is not the run's.
  const counter = counterUntil(evidence, done);
  return {
    by: users.by,
    open: users.open,
    failed: users.failed,
    causes: Object.fromEntries(
      document.verdicts
        .filter(({ explains }) => explains > 0)
        .map(({ cause, explains }) => [cause, explains]),
    ),
    times: lines.map(({ startedAt, connectedMs, openMs, endedMs }) => {
      return { startedMs: startedAt, connectedMs, openMs, endedMs };
    }),
    seesHandshake: !lines.some((user) => user.openMs !== undefined && user.connectedMs === undefined),
    counters: Object.fromEntries(
      TELLING[os].flatMap((name) => {
        const value = counter(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

function unread({ evidence }: FinishedRun, os: System): string[] {
  const known = Object.keys(evidence.observer.before?.counters ?? {});
  if (os !== 'macos' || known.some((name) => name.startsWith('darwin tcp '))) return [];
  return ['TCP counters were not read: netstat -s shows them to root alone'];
}

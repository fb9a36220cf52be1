import { count } from '../../common/format.ts';
import type { TaskLimitFacts } from '../facts/task-limit.ts';
import {
  byClaims,
  byCount,
  type Cause,
  change,
  contributing,
  expecting,
  type Facts,
  failedAt,
  type Item,
  item,
  type UserLine,
  uncounted,
  undecided,
  unread,
  WITH_A_TENTH,
} from './shared/cause.ts';
import { byLines, reasonFor, reasonItem } from './shared/gateway-closes.ts';

/** A gateway has a dozen threads of its own before the first user; this leaves room. */
const OWN_TASKS = 40;
const CLOCKS_MS = 300;

export const processLimit: Cause = {
  id: 'process-limit',
  title:
    'the gateway may start no more processes or threads (pids.max, TasksMax, RLIMIT_NPROC): new users are closed, or wait',
  toldBy: 'gateway',
  looksLike:
    'as many processes and threads as the cgroup or user of the server may have, and one refused fork for each failed user',
  under: 'app-timeout-or-panic',
  scenario: { pids_max: 120, process_per_user: 1, users: 180, rounds: 0 },
  claims(user, facts) {
    const reason = reasonFor(user, facts);
    if (reason !== undefined) return reason === 'process-limit';
    const limit = facts.outside?.taskLimit;
    return limit?.own === true && limit.full !== undefined && failedAtIt(user, facts, limit);
  },
  most: ({ outside, gateway }) => {
    if (outside === undefined) return gateway.byReason['process-limit'] ?? 0;
    const { ends = [], waited = 0, ownRefused, refused } = outside.taskLimit ?? {};
    return ownRefused ?? refused ?? Math.max(ends.length + waited, 0);
  },
  judge(facts, claimed) {
    const limit = facts.outside?.taskLimit;
    if (facts.outside !== undefined) {
      if (claimed === 0 && limit === undefined)
        return byClaims(0, [item('task limit', 'processes and threads', null, null, NO_LIMIT)]);
      return byClaims(claimed, limit ? itemsOf(limit) : []);
    }
    return byLines(facts, claimed, {
      reason: 'process-limit',
      fits: () => false,
      items: [reasonItem(facts, 'process-limit')],
    });
  },
  signs({ outside }) {
    if (outside === undefined) return uncounted(undecided([unread('task limit', 'processes and threads')]));
    const { taskLimit: limit } = outside;
    if (limit === undefined)
      return byCount(0, [item('task limit', 'processes and threads', null, null, NO_LIMIT)]);
    const items = itemsOf(limit);
    const { full, own, ends, waited } = limit;
    if (full === undefined) return byCount(0, items);
    if (!own)
      return uncounted(
        undecided([
          ...items,
          item(
            'task limit',
            'whose',
            null,
            null,
            'other programs share the cgroup or the user: as root the kernel shows whose forks are refused',
          ),
        ]),
      );
    const counted = ends.length + waited;
    return counted > 0 ? { ...byCount(counted, items), ends } : uncounted(contributing(items));
  },
  fix(_facts, { pids_max, users }) {
    if (pids_max === 0) return undefined;
    const enough = Math.ceil(users * WITH_A_TENTH) + OWN_TASKS;
    return enough > pids_max ? change('pids_max', pids_max, enough) : undefined;
  },
};

const NO_LIMIT = 'no cgroup of the server and no RLIMIT_NPROC came near its limit, or none could be read';

/** The user's connection was closed, or left without an answer, while no process or thread could be started. */
function failedAtIt(user: UserLine, { connectionOf }: Facts, { full }: TaskLimitFacts): boolean {
  if (full === undefined || user.stage === 'connect') return false;
  const line = connectionOf(user);
  const at = line?.closed?.is ?? failedAt(user);
  if (at < full.from - CLOCKS_MS) return false;
  if (user.outcome === 'timeout') return (line?.sent?.is ?? 0) === 0 && line?.accepted?.is !== false;
  if (at > full.to + CLOCKS_MS) return false;
  return (user.outcome === 'reset' || user.outcome === 'eof') && line?.closedBy?.is !== 'client';
}

function itemsOf(facts: TaskLimitFacts): Item[] {
  const { by, where, limit, used, refused, ownRefused, threads, ends, waited } = facts;
  const of = limit === undefined ? '' : ` of ${limit}`;
  const own = threads === undefined ? '' : `; at most ${count(threads, 'thread')} of the server`;
  const items = [
    expecting(
      item('task limit', by, 0, used, `${used}${of} processes and threads (${by}, ${where})${own}`, limit),
      'fewer than the limit',
    ),
  ];
  const told = ownRefused ?? refused;
  if (told !== undefined && told > 0) {
    const who = ownRefused === undefined ? 'in that cgroup (pids.events)' : 'to the server (EAGAIN)';
    items.push(item('task limit', 'forks refused', 0, told, `${count(told, 'fork')} refused ${who}`));
  }
  if (ends.length + waited > 0) {
    const waits = waited > 0 ? `, and left ${waited} without an answer` : '';
    items.push(
      item(
        'ledger',
        'failed at the limit',
        0,
        ends.length + waited,
        `the server closed ${count(ends.length, 'connection')} at the limit${waits}`,
      ),
    );
  }
  return items;
}

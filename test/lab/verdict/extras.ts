import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { failedAt } from '../../../lab/facts/user-groups.ts';
import { type SettingName, settingsSchema } from '../../../lab/settings/schema.ts';
import type { CloseReason } from '../../../protocol/gateway-events.ts';
import { closedLine, resetLine } from '../facts/made-connections.ts';
import { DARWIN_EXTRAS } from './extras-darwin.ts';
import { PARTS_EXTRAS } from './extras-parts.ts';
import { PUBLISHED_EXTRAS } from './extras-published.ts';
import { RESTART_EXTRAS } from './extras-restart.ts';

/**
 * What a line of the truth table may say beyond its columns, `| key=value key=value`: each changes the synthetic evidence, in
 * the order in which they stand. Of `counter:NAME=4` the key is `counter` and the value `NAME=4`.
 */
export type Extra = (evidence: Evidence, value: string, random: () => number) => void;

export const EXTRAS: Record<string, Extra> = {
  ...DARWIN_EXTRAS,
  ...PARTS_EXTRAS,
  ...PUBLISHED_EXTRAS,
  ...RESTART_EXTRAS,
  /** `stranger=511`: a server that is not ours, with this backlog in force. */
  stranger({ observer, gateway, ledger, fleet }, value) {
    const { before } = observer;
    delete gateway.listening;
    if (before === undefined) return;
    before.server = {
      port: 80,
      addresses: ['*'],
      backlog: Number(value),
      holders: before.process ? [{ ...before.process, name: 's' }] : [],
      others: [],
      unseen: [],
    };
    ledger.witnesses['ss -E'] = { event: 'witness', at: before.at, by: 'ss -E', lost: 0 };
    for (const user of fleet.users) {
      const at = failedAt(user);
      if (user.outcome === 'reset') ledger.connections.push(resetLine(at, 50, { port: user.port }));
      else if (user.outcome === 'eof') ledger.connections.push(closedLine(at, 0, 0));
    }
  },
  /** `forgotten=all`, after `stranger`: it never had those that were reset. */
  forgotten({ ledger }) {
    ledger.connections = [];
  },
  /** `unread=all`, after `stranger`: it closed those that it reset with something unread. */
  unread({ ledger }) {
    for (const line of ledger.connections) {
      if (line.how?.is === 'RST') line.unread = { is: 80, by: 'ss -E' };
    }
  },
  /** `exit=SIGKILL@2600`, `exit=1`: the gateway ended by that signal or with that code, so long after the load began. */
  exit(evidence, value) {
    const [how = '', ms = '2600'] = value.split('@');
    const code = /^\d+$/.test(how) ? Number(how) : null;
    const at = start(evidence) + Number(ms);
    evidence.gateway.exit = { at, code, signal: code === null ? how : null, output: '' };
  },
  /** `loop=4000@1000`: the event loop was held up for so long, as told by the first sample after that moment of the load. */
  loop(evidence, value) {
    const [max = 0, ms = 1000] = value.split('@').map(Number);
    const sample = evidence.gateway.samples.find(({ at }) => at >= start(evidence) + ms);
    if (sample) sample.loop = { ...sample.loop, p99: max, max };
  },
  /** `idle=1100`: http: the connection had been idle for so long when the request was sent that failed, ms. */
  idle({ fleet }, value, random) {
    for (const user of fleet.users) if (user.outcome !== 'open') user.idleMs = Number(value) + random() * 5;
  },
  /** `longest=120/5/80`: in every sample's longest delay so many bets were handled, no block was longer (ms), and so many were let in. */
  longest({ gateway }, value) {
    const [bets = 0, blockMs = 0, upgrades = 0] = value.split('/').map(Number);
    for (const sample of gateway.samples) sample.longest = { bets, upgrades, blockMs };
  },
  /** `cpu=0.98`: the gateway's CPU time as a part of the wall time. */
  cpu(evidence, value) {
    for (const line of evidence.observer.series)
      line.cpuMs = Math.round((line.at - start(evidence)) * Number(value));
  },
  /** `busy=0.98`: the part of the time that the gateway's event loop was at work. */
  busy({ gateway }, value) {
    for (const { loop } of gateway.samples) loop.busy = Number(value);
  },
  /** `wanted=0.98`: the part of the time that the gateway's process ran, or was ready to. */
  wanted(evidence, value) {
    for (const line of evidence.observer.series)
      line.wantedMs = Math.round((line.at - start(evidence)) * Number(value));
  },
  /** `tls=400/380/0.05`: so many TLS handshakes were begun and completed in all, and for that part of the time its own code was at work. */
  tls(evidence, value) {
    const [begun = 0, done = 0, own = 0] = value.split('/').map(Number);
    const { samples } = evidence.gateway;
    for (const [index, sample] of samples.entries()) {
      const share = index / (samples.length - 1);
      sample.handshakesBegun = Math.round(begun * share);
      sample.handshakes = Math.round(done * share);
      sample.ownMs = (sample.at - start(evidence)) * own;
    }
  },
  /** `left=574/0/TLSv1.3`: all that failed had left so many bytes unread, so many of them the gateway's data; the version of TLS, if any. */
  left({ gateway, fleet }, value) {
    const [unread = '0', data = '0', tls] = value.split('/');
    for (const user of fleet.users) {
      if (user.outcome === 'open') continue;
      user.hadRead = { bytes: 1873, ...(tls !== undefined && { tls }) };
      gateway.closes.push({
        event: 'close',
        at: failedAt(user),
        reason: 'socket-error',
        peerPort: user.port ?? 0,
        ageMs: 1000,
        detail: 'ECONNRESET',
        sent: { all: 1873 + Number(unread), data: Number(data) },
      });
    }
  },
  /** `accepted=100`, after `stranger`: those that gave up had been accepted so long after they connected, ms; `never`: not at all. */
  accepted({ ledger, fleet }, value) {
    for (const user of fleet.users) {
      if (user.outcome !== 'timeout') continue;
      const line = resetLine(failedAt(user), 1000, { port: user.port });
      for (const name of ['how', 'reset', 'closedBy'] as const) delete line[name];
      const [accepted, wait] = [value !== 'never', value === 'never' ? 1000 : Number(value)];
      ledger.connections.push({
        ...line,
        accepted: { is: accepted, by: 'ss -E' },
        wait: { is: wait, by: 'ss -E' },
      });
    }
  },
  /** `secured=30`: whoever is open to the end had its TLS handshake behind it so long before it opened, ms. */
  secured({ fleet }, value) {
    for (const user of fleet.users)
      if (user.outcome === 'open') user.securedMs = (user.openMs ?? 0) - Number(value);
  },
  /** `cost=3/0.2`: one TLS handshake costs the server so much CPU time, and the rest of a user so much, ms. */
  cost(evidence, value) {
    const [handshakeMs = 0, requestMs = 0] = value.split('/').map(Number);
    evidence.userCost = { handshakeMs, requestMs, each: 6 };
  },
  /** `lies=unread`, after `stranger`: at each look something of 30 of 100 connections lay unread; `read`: of none. `readers=0.9`: those at work that would read it. */
  lies({ observer }, value) {
    for (const line of observer.series) {
      const unread = value === 'unread' ? { unread: 30 } : {};
      line.server = {
        holders: {},
        connections: 100,
        held: 100,
        stayed: 100,
        heldStayed: 100,
        ...unread,
        ...line.server,
      };
    }
  },
  readers(evidence, value) {
    for (const line of evidence.observer.series) {
      const ofMs = line.at - start(evidence);
      if (line.server) line.server.readers = { ofMs, busyMs: ofMs * Number(value) };
    }
  },
  /** `throttled=0.8`: the part of the time for which its CPU quota held the gateway back. */
  throttled(evidence, value) {
    for (const sample of evidence.gateway.samples)
      sample.throttled = { periods: 9, ms: (sample.at - start(evidence)) * Number(value) };
  },
  /** `quota=0.1`: the gateway's CPU quota, CPUs. */
  quota({ gateway }, value) {
    if (gateway.listening) gateway.listening.limits = { cpus: Number(value), memoryMb: 0 };
  },
  /** `oom=1`, after `exit`: how many processes the kernel killed in its cgroup for want of memory. */
  oom({ gateway }, value) {
    if (gateway.exit) gateway.exit.oomKills = Number(value);
  },
  /** `memory=64/96`: of a limit of so many MiB the gateway was seen to use as much. */
  memory({ gateway, observer }, value) {
    const [peak = 0, limit = 0] = value.split('/').map(Number);
    if (gateway.listening) gateway.listening.limits = { cpus: 0, memoryMb: limit };
    for (const { memory } of gateway.samples) memory.rss = (limit / 2) * 2 ** 20;
    for (const [index, line] of observer.series.entries())
      line.rss = (index === 0 ? limit / 2 : peak) * 2 ** 20;
  },
  /**
   * `gone=3000/2900/0/5`: at the end so many connections have been closed by their clients alone, so many of them for long, so many such
   * were closed in the end, and of so many more than the FIN is unread.
   */
  gone({ observer }, value) {
    const [now = 0, kept = 0, closed = 0, unread = 0] = value.split('/').map(Number);
    const last = observer.series.at(-1);
    if (last) last.clientsGone = { now, kept, closed, unread };
  },
  /** `queue=511@900`: so many stood in the accept queue, until so long after the load began. */
  queue(evidence, value) {
    const [length = 0, ms = 0] = value.split('@').map(Number);
    for (const line of evidence.observer.series)
      if (line.at <= start(evidence) + ms) line.acceptQueue = length;
  },
  /** `counter:TcpExt_TCPReqQFullDrop=4`: growth of a counter; the first `_` stands for a space. */
  counter({ observer }, value) {
    const [name = '', growth] = value.split('=');
    const key = name.replace('_', ' ');
    if (observer.before) observer.before.counters[key] ??= 7;
    for (const { deltas } of observer.series)
      if (Object.keys(deltas).length > 0) deltas[key] = Number(growth);
  },
  /** `setting:heartbeat_ms=300`: a setting as it was asked for. */
  setting({ asked }, value) {
    const [name = '', text] = value.split('=');
    if (!(name in settingsSchema.shape)) throw new Error(`not a setting: ${name}`);
    Object.assign(asked, { [name]: settingsSchema.shape[name as SettingName].parse(text) });
  },
  /** `close=max-connections:1013`, `close=deadline`: the gateway's line for each failed user, when that user failed. */
  close({ gateway, fleet }, value) {
    const [reason, code] = value.split(':') as [CloseReason, string?];
    for (const { outcome, port, startedAt, connectedMs = 0, endedMs = 0 } of fleet.users) {
      if (outcome === 'open' || port === undefined) continue;
      gateway.closes.push({
        event: 'close',
        at: startedAt + endedMs,
        reason,
        ...(code ? { code: Number(code) } : {}),
        peerPort: port,
        ageMs: endedMs - connectedMs,
      });
    }
  },
  /** `opened=5000`: whoever is open to the end opened so long after its start. */
  opened({ fleet }, value, random) {
    for (const user of fleet.users) if (user.outcome === 'open') user.openMs = Number(value) + random() * 20;
  },
  /** `age=2000`: every failed user ended so long after it had connected, and the gateway's lines say the same. */
  age({ gateway, fleet }, value, random) {
    const ended = new Map<number, number>();
    for (const user of fleet.users) {
      if (user.outcome === 'open') continue;
      user.endedMs = (user.connectedMs ?? 0) + Number(value) + random() * 20;
      if (user.port !== undefined) ended.set(user.port, user.startedAt + user.endedMs);
    }
    for (const line of gateway.closes) {
      line.ageMs = Number(value) + random() * 20;
      line.at = ended.get(line.peerPort) ?? line.at;
    }
  },
  /** `received=1002`: the close code that every failed user received. */
  received({ fleet }, value) {
    for (const user of fleet.users) if (user.outcome !== 'open') user.code = Number(value);
  },
  /** `last=950`: the failed users came so long after the load began, when all others had come, and were cut at once. */
  last({ fleet }, value, random) {
    const from = fleet.phases[0]?.at ?? 0;
    for (const user of fleet.users.filter(({ outcome }) => outcome !== 'open')) {
      user.startedAt = from + Number(value) + random() * 100;
      user.connectedMs = 1;
      user.endedMs = 2 + random() * 20;
    }
  },
  /** `acked=0`: so many of the failed users' bets were answered. */
  acked({ fleet }, value) {
    for (const user of fleet.users)
      if (user.outcome !== 'open') user.bets = { ...user.bets, acked: Number(value) };
  },
};

/** When the load began, ms since the epoch. */
function start({ fleet }: Evidence): number {
  return fleet.phases.find(({ phase }) => phase === 'load')?.at ?? 0;
}

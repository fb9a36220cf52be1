import { defined } from '../../../common/defined.ts';
import type { SnapshotLine } from '../../../protocol/observer-events.ts';
import { SYSCTLS } from '../../../protocol/settings.ts';
import type { Counters } from '../../../system/counters.ts';
import { readBootId } from '../../../system/host.ts';
import { thisNamespaces } from '../../../system/pid-place.ts';
import { readCounters } from '../../../system/proc/net-counters.ts';
import { readListenerStats } from '../../../system/ss.ts';
import { readSysctls } from '../../../system/sysctls.ts';
import { connectionsMoved, costSoFar, movedSince, whenTold, writeLine } from '../observing.ts';
import { comeFirst } from './come-first.ts';
import { GoneClients } from './ledger/clients-gone.ts';
import { LedgerWitness } from './ledger/ledger-witness.ts';
import { PortLooks } from './ledger/port-looks.ts';
import { sampleOf, stateOf } from './observed-process.ts';
import { SeldomListeners } from './seldom-listeners.ts';

/**
 * The observer: run in the gateway's network and pid namespaces with GATEWAY_PID and GATEWAY_PORT, it writes a
 * snapshot, then a line each OBSERVE_MS, and after TERM (or the end of stdin with LIFELINE=stdin) a last snapshot.
 * It shares the network namespace, so /proc/self/net goes on telling when the gateway is gone.
 */
comeFirst();
const pid = Number(process.env.GATEWAY_PID);
const port = Number(process.env.GATEWAY_PORT);
const everyMs = Number(process.env.OBSERVE_MS ?? 50);
/**
 * With several gateways, no look while somebody waits in the accept queue: the kernel then does what has come for everybody wherever it lets
 * go of a bucket (kernel/softirq.c __local_bh_enable_ip), and in a burst of 100 000 a look took five seconds, in which nothing was sampled.
 */
const sparesLooks = process.env.SPARE_LOOKS === '1';
const NET = '/proc/self/net';

/** The table of thousands of sockets is dear to read: the part of the time that it may take, and that of the listeners while nothing moves. */
const SHARE = 1 / 150;
const LISTENERS_SHARE = 1 / 400;

let samples = 0;

async function snapshot(when: SnapshotLine['when'], counters: Counters): Promise<void> {
  const [listener] = (await readListenerStats(port)) ?? [];
  writeLine({
    event: 'snapshot',
    at: Date.now(),
    when,
    counters,
    sysctls: readSysctls(SYSCTLS),
    ...defined({
      bootId: readBootId(),
      namespaces: thisNamespaces(),
      process: stateOf(pid),
      drops: listener?.drops,
    }),
    cost: costSoFar(samples),
  });
}

const listeners = new SeldomListeners(port, LISTENERS_SHARE, true);
const looks = new PortLooks(port, SHARE);
const clientsGone = new GoneClients();
const ledger = await LedgerWitness.begin({
  port,
  pid: () => pid,
  opens: () => readCounters(NET)['Tcp PassiveOpens'],
  onMoved: () => looks.hint(),
  write: writeLine,
});
ledger?.look(looks.look(NET));

const before = readCounters(NET);
await snapshot('before', before);

let last = before;
function observe(): void {
  samples += 1;
  const at = Date.now();
  const now = readCounters(NET);
  const acceptQueue = listeners.read(NET, now)[0]?.waiting;
  if (connectionsMoved(last, now) || acceptQueue) looks.hint();
  const look = sparesLooks && acceptQueue ? undefined : lookAt(at, now);
  if (look) ledger?.look(look);
  const deltas = movedSince(last, now, before);
  last = now;
  writeLine({
    event: 'observed',
    at,
    ...sampleOf(pid),
    ...defined({
      acceptQueue,
      clientsGone: look && clientsGone.count(look.rows, look.from, look.to - look.from),
    }),
    deltas,
  });
}

function lookAt(at: number, counters: Counters) {
  if (clientsGone.wantsLook(at, counters)) return looks.look(NET, ledger?.wanted);
  return ledger && looks.lookIfDue(NET, ledger.wanted);
}

const timer = setInterval(observe, everyMs);

whenTold(async () => {
  clearInterval(timer);
  observe();
  await ledger?.end(() => looks.look(NET, ledger.wanted));
  await snapshot('after', last);
  process.exit(0);
});

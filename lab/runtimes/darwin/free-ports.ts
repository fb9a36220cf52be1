import { setTimeout as sleep } from 'node:timers/promises';
import { CannotRunError } from '../../../common/errors.ts';
import { duration } from '../../../common/format.ts';
import { parseLocalPorts } from '../../../system/darwin/netstat-tables.ts';
import { type Host, sysctlNumber } from '../../../system/host.ts';
import { localPorts } from '../../../system/local-ports.ts';

/** net.inet.tcp.msl (XNU bsd/netinet/tcp_timer.h TCPTV_MSL), ms: a port is in TIME_WAIT for twice as long. */
const MSL_MS = 15_000;

/** Connections that are still being closed when the wait begins. */
const SPARE_MS = 5000;

const LOOK_MS = 1000;

/** How the wait passes: a test has its own. */
export interface Waiting {
  say(text: string): void;
  pause(ms: number): Promise<unknown>;
}

const REAL: Waiting = {
  say: (text) => process.stderr.write(`${text}\n`),
  pause: (ms) => sleep(ms),
};

/**
 * Waits until so many users find a local port each. connect(2) on macOS takes one that no other connection of this Mac has, to
 * whatever destination (XNU bsd/netinet/in_pcb.c in_pcbbind), so those of a run just ended are missing while they are in TIME_WAIT.
 * Throws CannotRunError when they do not come free in time. More users than there are ports are an experiment: nobody waits for those.
 */
export async function waitForPorts(users: number, host: Host, { say, pause }: Waiting = REAL): Promise<void> {
  const { first, last } = localPorts(host);
  const all = last - first + 1;
  if (users > all) return;
  const free = () => {
    const used = portsInUse(host);
    return used && all - [...used].filter((port) => port >= first && port <= last).length;
  };
  const patienceMs = 2 * (sysctlNumber(host, 'net.inet.tcp.msl') ?? MSL_MS) + SPARE_MS;
  for (let waited = 0; ; waited += LOOK_MS) {
    const now = free();
    // Where they cannot be counted the run goes on: a robot without a port says so itself.
    if (now === undefined || now >= users) return;
    if (waited >= patienceMs) {
      throw new CannotRunError(
        `local ports: ${now} of ${all} (${first}-${last}) are free after ${duration(waited)}, and ${users} users need one each; ` +
          'netstat -an -p tcp shows their connections',
      );
    }
    if (waited === 0)
      say(
        `ports: ${now} of ${all} are free, ${users} are needed: waiting for TIME_WAIT to pass (at most ${duration(patienceMs)})`,
      );
    await pause(LOOK_MS);
  }
}

function portsInUse(host: Host): Set<number> | undefined {
  try {
    return parseLocalPorts(host.run('netstat', '-an', '-p', 'tcp'));
  } catch {
    return undefined;
  }
}

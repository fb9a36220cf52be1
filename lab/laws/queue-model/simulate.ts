import { darwinSynTimes, synTimes } from '../retransmission-law.ts';
import { Agenda } from './agenda.ts';
import { Acceptor } from './application.ts';
import { type Listener, newConnection, type World } from './connection.ts';
import { DarwinListener } from './darwin.ts';
import { DarwinTimers } from './darwin-timers.ts';
import { LinuxListener } from './linux.ts';
import { Clients } from './model-client.ts';
import type { ModelInput } from './model-input.ts';
import { departures, type Link, newLink } from './model-link.ts';
import type { ModelResult } from './output.ts';
import { Peaks, Tally } from './tally.ts';
import { timersOf } from './timers.ts';

/** CONFIG_HZ of most distributions. */
const USUAL_HZ = 250;

/** What becomes of every user. Pure: the same input gives the same result. */
export function simulate(input: ModelInput): ModelResult {
  const agenda = new Agenda();
  const hz = input.dialect === 'linux' ? (input.settings.hz ?? USUAL_HZ) : undefined;
  const timers = input.dialect === 'darwin' ? new DarwinTimers(agenda) : undefined;
  const link = newLink(input.link, agenda);
  const parts = {
    agenda,
    link: timers ? moving(link, agenda, timers) : link,
    after: timersOf(agenda, hz),
    ...(timers ? { timers } : {}),
  };
  // The three that need each other come last.
  const world = { ...parts, tally: new Tally(), peaks: new Peaks() } as World;
  const clients = new Clients(world, timesOf(input), input);
  const listener = listenerOf(input, world);
  Object.assign(world, { clients, app: new Acceptor(world, input), listener });
  for (let count = input.waiting ?? 0; count > 0; count -= 1) world.listener.preset(newConnection(undefined));
  for (const at of departures(input.link, input.arrivals)) clients.arrive(at);
  agenda.run();
  return {
    users: clients.users.map(({ line }) => line),
    counters: world.tally.counters,
    peak: { ...world.peaks },
    ...(link.synsAtOnce ? { synsAtOnce: Object.fromEntries(link.synsAtOnce) } : {}),
    ...(listener instanceof DarwinListener ? { evictions: listener.evictions } : {}),
  };
}

/** TCP looks at its clock as a segment comes, and as a program calls for one to be sent (XNU bsd/netinet/tcp_input.c, tcp_usrreq.c). */
function moving(link: Link, agenda: Agenda, { clock }: DarwinTimers): Link {
  return {
    send(arrive, syn) {
      clock.move(agenda.now);
      link.send(() => {
        clock.move(agenda.now);
        arrive();
      }, syn);
    },
    freeAt: () => link.freeAt(),
  };
}

function timesOf(input: ModelInput) {
  if (input.dialect === 'darwin') return darwinSynTimes(input.settings.keepinit);
  const { tcp_syn_retries: retries = 6, tcp_syn_linear_timeouts: linear = 4 } = input.settings;
  return synTimes(retries, linear);
}

function listenerOf(input: ModelInput, world: World): Listener {
  if (input.dialect === 'linux') return new LinuxListener(input.settings, world);
  const fresh = { random: input.seed & 0xffff, second: 0, now: 0, before: 0 };
  return new DarwinListener(input.settings, world, world.timers as DarwinTimers, input.evictions ?? fresh);
}

import { constants } from 'node:os';
import { OPENING_CALLS } from '../../../../system/tracefs/events.ts';
import type { Wanted } from '../../../../system/tracefs/instance.ts';

/** TCP_ESTABLISHED, TCP_SYN_SENT, TCP_CLOSE and TCP_LISTEN (include/net/tcp_states.h): by number, since a filter knows no others. */
const [ESTABLISHED, SYN_SENT, CLOSE, LISTEN] = [1, 2, 7, 10];
/** -ENFILE, -EMFILE: what else accept(2) comes back with says nothing, and most of it is EAGAIN. */
const EMFILE = -24;
const FAILED = [-23, EMFILE];

/** -EADDRNOTAVAIL, -EAGAIN, and success, which of a UNIX socket nothing else tells: what else connect(2) comes back with the socket's states tell. */
const CONNECTS = 'ret == -99 || ret == -11 || ret == 0';

export const EVENT = {
  state: 'sock/inet_sock_set_state',
  destroy: 'tcp/tcp_destroy_sock',
  sent: 'tcp/tcp_send_reset',
  received: 'tcp/tcp_receive_reset',
  dropped: 'skb/kfree_skb',
  accepted: 'syscalls/sys_exit_accept',
  accepted4: 'syscalls/sys_exit_accept4',
  connected: 'syscalls/sys_exit_connect',
} as const;

/**
 * Of sockets that connect to others, whoever's: the beginning and the end of that. Those that connect to this port are mostly users, and
 * there may be thousands a second: an upstream elsewhere with the same port as the server is not among them.
 */
const connecting = (port: number) =>
  `(dport != ${port} && (newstate == ${SYN_SENT} || oldstate == ${SYN_SENT}))`;

/** Of sockets that ask for this port the end of those that do not get it. */
const unmet = (port: number) => `(dport == ${port} && oldstate == ${SYN_SENT} && newstate == ${CLOSE})`;

/**
 * What tells the lives of a server's connections. A reset's sending has no field to filter by, and accept(2) knows of no port.
 * `asClient`: and of those that it asks others for; an RST that refuses one comes from any port.
 */
export function eventsOfLives(port: number, asClient = false): Wanted[] {
  const also = asClient ? ` || ${connecting(port)}` : '';
  const results = ['ret >= 0', ...FAILED.map((number) => `ret == ${number}`)].join(' || ');
  return [
    {
      event: EVENT.state,
      filter: `(sport == ${port} && (newstate == ${ESTABLISHED} || oldstate == ${ESTABLISHED} || newstate == ${LISTEN} || (oldstate == ${LISTEN} && newstate == ${CLOSE}))) || ${unmet(port)}${also}`,
    },
    { event: EVENT.destroy, filter: `sport == ${port}` },
    { event: EVENT.sent },
    asClient
      ? { event: EVENT.received }
      : { event: EVENT.received, filter: `sport == ${port} || dport == ${port}` },
    { event: EVENT.accepted, filter: results },
    { event: EVENT.accepted4, filter: results },
    ...(asClient ? [{ event: EVENT.connected, filter: CONNECTS }] : []),
  ];
}

/** What tells why a packet was dropped that a reset answers; it has no port: ETH_P_IP, ETH_P_IPV6. */
export const EVENTS_OF_DROPS: Wanted[] = [
  { event: EVENT.dropped, filter: `protocol == ${0x0800} || protocol == ${0x86dd}` },
];

/** What tells that there was no descriptor for something else than a connection. */
export const EVENTS_OF_DESCRIPTORS: Wanted[] = OPENING_CALLS.map((call) => ({
  event: `syscalls/sys_exit_${call}`,
  filter: `ret == ${EMFILE}`,
}));

/** What tells from which listener is accepted, where a process has several. */
export const EVENTS_OF_CALLS: Wanted[] = [
  { event: 'syscalls/sys_enter_accept' },
  { event: 'syscalls/sys_enter_accept4' },
];

/** Where the end of a socket is not traced, its last state is. */
export function eventOfLastState(port: number, asClient = false): Wanted {
  const also = asClient ? ` || ${connecting(port)}` : '';
  return {
    event: EVENT.state,
    filter: `(sport == ${port} && (newstate == ${ESTABLISHED} || oldstate == ${ESTABLISHED} || newstate == ${LISTEN} || newstate == ${CLOSE})) || ${unmet(port)}${also}`,
  };
}

/** Signals that end a process unless it is asked otherwise, and SIGSTOP (signal(7)). The others are many: SIGCHLD, clocks, SIGURG of Go. */
const ENDING = (
  [
    'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGTERM SIGSTOP',
    'SIGXCPU SIGXFSZ SIGSYS',
  ]
    .join(' ')
    .split(' ') as (keyof typeof constants.signals)[]
).map((name) => constants.signals[name]);

/** -EAGAIN: no more processes or threads (kernel/fork.c copy_process). */
const REFUSED = 'ret == -11';

/**
 * What tells how processes ended, and that they got no other. Of which processes is chosen by whoever reads: a worker may be born and end
 * between two looks, and a signal's field is a thread's number.
 */
export const EVENTS_OF_PROCESSES: Wanted[] = [
  {
    event: 'signal/signal_generate',
    filter: ENDING.map((number) => `sig == ${number}`).join(' || '),
  },
  { event: 'syscalls/sys_enter_exit_group' },
  { event: 'oom/mark_victim' },
  ...['clone', 'clone3', 'fork', 'vfork'].map((call) => ({
    event: `syscalls/sys_exit_${call}`,
    filter: REFUSED,
  })),
];

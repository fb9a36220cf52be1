import type { Wanted } from '../../../../system/tracefs/instance.ts';

/** TCP_ESTABLISHED, TCP_CLOSE and TCP_LISTEN (include/net/tcp_states.h): by number, since a filter knows no others. */
const [ESTABLISHED, CLOSE, LISTEN] = [1, 7, 10];
/** -ENFILE, -EMFILE: what else accept(2) comes back with says nothing, and most of it is EAGAIN. */
const FAILED = [-23, -24];

export const EVENT = {
  state: 'sock/inet_sock_set_state',
  destroy: 'tcp/tcp_destroy_sock',
  sent: 'tcp/tcp_send_reset',
  received: 'tcp/tcp_receive_reset',
  dropped: 'skb/kfree_skb',
  accepted: 'syscalls/sys_exit_accept',
  accepted4: 'syscalls/sys_exit_accept4',
} as const;

/** What tells the lives of a server's connections. A reset's sending has no field to filter by, and accept(2) knows of no port. */
export function eventsOfLives(port: number): Wanted[] {
  const results = ['ret >= 0', ...FAILED.map((number) => `ret == ${number}`)].join(' || ');
  return [
    {
      event: EVENT.state,
      filter: `sport == ${port} && (newstate == ${ESTABLISHED} || oldstate == ${ESTABLISHED} || newstate == ${LISTEN} || (oldstate == ${LISTEN} && newstate == ${CLOSE}))`,
    },
    { event: EVENT.destroy, filter: `sport == ${port}` },
    { event: EVENT.sent },
    { event: EVENT.received, filter: `sport == ${port} || dport == ${port}` },
    { event: EVENT.accepted, filter: results },
    { event: EVENT.accepted4, filter: results },
  ];
}

/** What tells why a packet was dropped that a reset answers; it has no port: ETH_P_IP, ETH_P_IPV6. */
export const EVENTS_OF_DROPS: Wanted[] = [
  { event: EVENT.dropped, filter: `protocol == ${0x0800} || protocol == ${0x86dd}` },
];

/** What tells from which listener is accepted, where a process has several. */
export const EVENTS_OF_CALLS: Wanted[] = [
  { event: 'syscalls/sys_enter_accept' },
  { event: 'syscalls/sys_enter_accept4' },
];

/** Where the end of a socket is not traced, its last state is. */
export function eventOfLastState(port: number): Wanted {
  return {
    event: EVENT.state,
    filter: `sport == ${port} && (newstate == ${ESTABLISHED} || oldstate == ${ESTABLISHED} || newstate == ${LISTEN} || newstate == ${CLOSE})`,
  };
}

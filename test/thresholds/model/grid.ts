/** One point at which model and kernel are compared. */
export interface Point {
  title: string;
  settings: string[];
  /** What has to be the same; the rest is printed beside its error. */
  exact: {
    /** Users by outcome, by stage and errno as well, or not at all. */
    users: 'stage' | 'outcome';
    /** Counters, at the end of the load. */
    counters?: string[];
  };
}

const DELAYED = 'link_delay_ms=20';
const ABORT = ['TcpExt ListenOverflows', 'TcpExt ListenDrops', 'TcpExt EmbryonicRsts', 'Tcp OutRsts'];

/** Nobody accepts, and everybody gives up before anybody does: the queue's capacity, and who waits outside. */
const queues: Point[] = [
  [8, 511],
  [128, 16],
  [4096, 1],
].map(([somaxconn, backlog]) => ({
  title: `stopped, somaxconn ${somaxconn}, backlog ${backlog}, 24 users with 700 ms of patience`,
  settings: [
    `somaxconn=${somaxconn}`,
    `backlog=${backlog}`,
    'users=24',
    'stop_ms=900',
    'connect_timeout_ms=700',
  ],
  exact: { users: 'stage', counters: ['TcpExt ListenOverflows', 'TcpExt ListenDrops', 'Tcp PassiveOpens'] },
}));

const crossed: Point[] = [0, 1].flatMap((abort) =>
  [0, 1].map((cookies): Point => {
    return {
      title: `delayed link, somaxconn 8, 6 waiting, 8 users, abort ${abort}, cookies ${cookies}`,
      settings: [
        ...['somaxconn=8', 'waiting=6', 'users=8', 'stop_ms=1500', DELAYED],
        `tcp_abort_on_overflow=${abort}`,
        `tcp_syncookies=${cookies}`,
      ],
      exact: { users: 'stage', ...(abort ? { counters: ABORT } : {}) },
    };
  }),
);

const synQueues: Point[] = [0, 1].map((cookies) => ({
  title: `delayed link, SYN queue of 4, 8 users, cookies ${cookies}`,
  settings: ['somaxconn=3', 'users=8', `tcp_syncookies=${cookies}`, 'link_delay_ms=50', 'stop_ms=600'],
  // Without cookies SYNs that come again may be dropped again, or not.
  exact: { users: 'stage', ...(cookies ? { counters: ['TcpExt TCPReqQFullDoCookies'] } : {}) },
}));

/** Points of which the outcomes are known beforehand; the times are compared all the same. */
export const EXACT: Point[] = [
  ...queues,
  ...crossed,
  ...synQueues,
  {
    title: 'late reset: delayed link, tcp_synack_retries 0, 5 of 8 users forgotten',
    settings: [
      ...['somaxconn=8', 'waiting=6', 'users=8', 'tcp_syncookies=0', 'tcp_synack_retries=0'],
      ...['stop_ms=3500', DELAYED],
    ],
    exact: { users: 'stage', counters: ['Tcp OutRsts', 'TcpExt TCPSynRetrans'] },
  },
  {
    title: 'somaxconn 16, 60 users, stopped for 0.3 s: 43 come again after a second, as a batch',
    settings: ['somaxconn=16', 'users=60', 'stop_ms=300'],
    exact: { users: 'stage', counters: ['TcpExt TCPSynRetrans'] },
  },
  {
    title:
      'somaxconn 3, 9 users, stopped for 5 s, tcp_syn_retries 1: 5 users whose kernel gives up after 3 s',
    settings: ['somaxconn=3', 'users=9', 'stop_ms=5000', 'tcp_syn_retries=1'],
    exact: { users: 'stage', counters: ['TcpExt ListenOverflows', 'TcpExt TCPSynRetrans'] },
  },
  {
    title: 'nofile 256, 600 users',
    settings: ['nofile=256', 'users=600'],
    // Whether a user's request is there before it is shed depends on the moment.
    exact: { users: 'outcome' },
  },
];

/** Everybody opens; when depends on which SYN of a user finds room, and so on moments. */
export const TIMES: Point[] = [
  {
    title: 'somaxconn 16, 40 users at once, stopped for 1.4 s',
    settings: ['somaxconn=16', 'users=40', 'stop_ms=1400'],
    exact: { users: 'stage' },
  },
  {
    title: 'somaxconn 16, 60 users over 1.5 s, stopped for 0.8 s more',
    settings: ['somaxconn=16', 'users=60', 'ramp=1500ms', 'stop_ms=800'],
    exact: { users: 'stage' },
  },
];

/** Points where rates decide, the reported number of users among them: for the table only, since rates vary. */
export const RATES: Point[] = [
  {
    title: 'somaxconn 16, 120 users over 0.2 s, 5 ms for each handshake',
    settings: ['somaxconn=16', 'users=120', 'ramp=200ms', 'handshake_cost_ms=5'],
    exact: { users: 'stage' },
  },
  {
    title: 'somaxconn 64, 200 users over 0.5 s, 5 ms for each handshake',
    settings: ['somaxconn=64', 'users=200', 'ramp=500ms', 'handshake_cost_ms=5'],
    exact: { users: 'stage' },
  },
  {
    title: 'somaxconn 16, 120 users at once, 5 ms for each handshake',
    settings: ['somaxconn=16', 'users=120', 'handshake_cost_ms=5'],
    exact: { users: 'stage' },
  },
  {
    title: 'somaxconn 128, 1000 users at once',
    settings: ['somaxconn=128', 'users=1000'],
    exact: { users: 'stage' },
  },
  {
    title: 'somaxconn 128, 4500 users at once',
    settings: ['somaxconn=128', 'users=4500'],
    exact: { users: 'stage' },
  },
  {
    title: 'backlog 511, 4500 users at once',
    settings: ['backlog=511', 'users=4500'],
    exact: { users: 'stage' },
  },
  {
    title: 'nofile 4096, 4500 users at once',
    settings: ['nofile=4096', 'users=4500'],
    exact: { users: 'outcome' },
  },
];

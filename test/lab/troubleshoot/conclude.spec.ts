import assert from 'node:assert/strict';
import { conclude, type Walked } from '../../../lab/troubleshoot/conclude.ts';
import { LINES } from '../../../lab/troubleshoot/linux/linux-commands.ts';
import type { Said } from '../../../lab/troubleshoot/shell.ts';
import type { Look, StepName } from '../../../lab/troubleshoot/step.ts';
import type { Subject } from '../../../lab/troubleshoot/subject.ts';

/** What a look shows. Figures that are not given are those of a quiet server. */
interface Shown {
  lo?: [packets: number, drops: number];
  eth0?: [packets: number, drops: number];
  descriptors?: number | string;
  files?: string;
  /** Null: nobody listens. */
  waiting?: number | null;
  /** Of this listener alone. */
  dropped?: number;
  overflows?: number;
  synDrops?: number;
  opens?: number;
  resets?: number;
  abort?: 0 | 1;
  /** Null: there is no such process. */
  state?: string | null;
  cpuMs?: number;
  begun?: number;
  connections?: number;
  kills?: number;
  pids?: number[];
  /** Of no command there is an output. */
  silent?: string;
}

const SERVER = { pid: 7, name: 'server', nofile: 64 };
const SUBJECT: Subject = {
  ...{ os: 'linux', port: 8080, listening: true, pids: [7], server: SERVER },
  ...{ prefix: '', netDir: '/proc/self/net', locked: false },
};

function said(shown: Shown): [line: string, out: string | Said][] {
  const { lo = [0, 0], eth0 = [0, 0], descriptors = 20, waiting = 0, dropped = 0, state = 'S' } = shown;
  const { overflows = 0, synDrops = 0, opens = 0, resets = 0, abort = 0, cpuMs = 0, begun = 500 } = shown;
  const device = (name: string, [packets, drops]: [number, number]) =>
    `${name}: 0 ${packets} 0 ${drops} 0 0 0 0 0 0 0 0 0 0 0 0\n`;
  const refused: Said = { out: '0\n', err: `ls: cannot open directory: ${descriptors}\n`, code: 0 };
  const gone: Said = { out: '', err: 'cat: /proc/7/stat: No such file or directory', code: 1 };
  const heading = 'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n';
  const counters = {
    TcpPassiveOpens: opens,
    TcpOutRsts: resets,
    TcpExtListenOverflows: overflows,
    TcpExtListenDrops: overflows + synDrops,
    TcpExtTCPReqQFullDrop: synDrops,
  };
  return [
    [LINES.devices(SUBJECT), `Inter-|\n face |\n${device('lo', lo)}${device('eth0', eth0)}`],
    [LINES.limit(SERVER), 'Max open files            64                   64                   files\n'],
    [LINES.descriptors(SERVER), typeof descriptors === 'number' ? `${descriptors}\n` : refused],
    [LINES.machine, shown.files ?? '400\t0\t2466183\n'],
    [
      LINES.queue(SUBJECT),
      waiting === null
        ? heading
        : `${heading}LISTEN ${waiting} 10 127.0.0.1:8080 0.0.0.0:*\n\t skmem:(r0,rb131072,t0,d${dropped})\n`,
    ],
    [
      LINES.counters(SUBJECT),
      Object.entries(counters)
        .map(([name, value]) => `${name}                   ${value}                0.0\n`)
        .join(''),
    ],
    [
      LINES.sysctls(SUBJECT),
      `net.core.somaxconn = 4096\nnet.ipv4.tcp_abort_on_overflow = ${abort}\nnet.ipv4.tcp_syncookies = 1\n`,
    ],
    [
      LINES.stat(SERVER),
      state === null
        ? gone
        : `7 (a server) ${state} ${Array(10).fill(0).join(' ')} ${cpuMs / 10} 0 0 0 20 0 1 0 ${begun} 0 100\n`,
    ],
    [LINES.connections(SUBJECT), `     ${shown.connections ?? 0} ESTAB\n      1 LISTEN\n`],
    [LINES.kills, `oom_kill ${shown.kills ?? 0}\n`],
  ];
}

/** The steps of a server that showed this at looks a second apart. */
function walked(all: readonly Shown[], subject: Partial<Subject> = {}): Record<StepName, string> {
  const looks = all.map((shown, index): Look => {
    const silence = (): Said => ({ out: '', err: shown.silent ?? '', code: 127 });
    const lines = said(shown).map(([line, out]): [string, Said] => [
      line,
      shown.silent ? silence() : typeof out === 'string' ? { out, err: '', code: 0 } : out,
    ]);
    return { at: 1000 * index, said: new Map(lines), pids: shown.pids ?? [7] };
  });
  const told = ({ step, conclusion: { verdict, conclusion, cause = '-' } }: Walked) =>
    [step.step, `${verdict} ${cause} ${conclusion}`] as const;
  return Object.fromEntries(conclude({ ...SUBJECT, ...subject }, looks).map(told)) as Record<
    StepName,
    string
  >;
}

/** Something comes between the first look and the second. */
const then = (...rest: Shown[]): Shown[] => [{}, ...rest];
/** A server with forty connections, to which that happens. */
const busy = (...rest: Shown[]): Shown[] => [
  { connections: 40 },
  ...rest.map((shown) => ({ connections: 40, ...shown })),
];

describe('troubleshoot: conclusions by the causes of the lab', () => {
  const table: [step: StepName, what: string, shown: Shown[], says: RegExp, subject?: Partial<Subject>][] = [
    ['interface', 'nothing lost', then({ lo: [50, 0] }), /^refuted - .* 0 drops in 50 packets \[lo errors/],
    ['interface', 'nothing came', [{ lo: [9, 1] }, { lo: [9, 1] }], /^cannot-be-seen - .*no packet arrived/],
    [
      'interface',
      'lost before the load',
      [{ lo: [9, 1] }, { lo: [50, 1] }],
      /^refuted - .*0 drops in 41 packets/,
    ],
    [
      'interface',
      'a drop: who waited for it?',
      then({ lo: [50, 1] }),
      /^cannot-be-seen - .*1 drop in.*only users/,
    ],
    [
      'interface',
      'on another interface as well',
      then({ eth0: [9, 20] }),
      /^cannot-be-seen - .*20 drops in 9 packets \[eth0/,
    ],
    [
      'interface',
      'no such file',
      [{ silent: 'cat: no' }, { silent: 'cat: no' }],
      /^cannot-be-seen - .*not be read \[.*\]; cat: no; run `lab diagnose/,
    ],

    [
      'descriptors',
      'all in use, and resets meanwhile',
      busy({ descriptors: 64, resets: 24 }, { descriptors: 64, resets: 24 }),
      /^points-at fd-exhaustion .*descriptors, .*all 64 in use; 24 RST sent in the server's network namespace/,
    ],
    [
      'descriptors',
      'all in use, and some never accepted',
      busy(...Array(3).fill({ descriptors: 64, waiting: 5 })),
      /^points-at fd-exhaustion .*5 connections stayed/,
    ],
    [
      'descriptors',
      'all in use, and nobody came to harm',
      busy({ descriptors: 64 }, { descriptors: 64 }),
      /^points-at fd-exhaustion .*own reading: all 64 in use.*the next connection finds none/,
    ],
    ['descriptors', 'one is free', busy({ descriptors: 63, resets: 9 }), /^refuted - .*at most 63 of 64/],
    [
      'descriptors',
      'of somebody else',
      [{ descriptors: 'EACCES' }, { descriptors: 'EACCES' }],
      /^cannot-be-seen - .*could not be read \[descriptors\]; ls: cannot open directory: EACCES; run as root/,
    ],
    [
      'descriptors',
      'the whole machine has none left',
      then({ files: '9\t0\t9\n' }),
      /^points-at - .*machine's.*own reading/,
    ],
    [
      'descriptors',
      'no server',
      then({}),
      /^cannot-be-seen - cannot be seen: nobody listens$/,
      { server: undefined as never, listening: false, missing: 'nobody listens' },
    ],

    [
      'backlog',
      'many overflows',
      busy({ overflows: 30, dropped: 30, opens: 40, waiting: 11 }),
      /^points-at accept-queue-drop points at the accept queue: .*30 handshake packets dropped .*11 of 11 places/,
    ],
    [
      'backlog',
      'few overflows for those who came',
      busy({ overflows: 3, dropped: 3, opens: 40 }),
      /^points-at accept-queue-drop .*accept queue, contributing at most: .*fewer than a tenth/,
    ],
    [
      'backlog',
      'overflows of another listener',
      busy({ overflows: 30, opens: 40 }),
      /^refuted - .*never overflowed/,
    ],
    [
      'backlog',
      'overflows before the load',
      [{ overflows: 30 }, { overflows: 30, opens: 40 }],
      /^refuted - .*never overflowed/,
    ],
    [
      'backlog',
      'overflows that are answered with a reset',
      [
        { abort: 1, connections: 40 },
        { abort: 1, connections: 40, overflows: 30, dropped: 30, resets: 30, opens: 40 },
      ],
      /^points-at accept-queue-reset .*30 RST/,
    ],
    [
      'backlog',
      'a full queue to which nobody else came',
      busy({ waiting: 11 }, { waiting: 11 }),
      /^points-at accept-queue-drop .*own reading: all 11 places in use; .*the next connection has no room/,
    ],
    [
      'backlog',
      'a queue that was full for once',
      busy({ waiting: 11 }, { waiting: 4 }),
      /^refuted - .*never overflowed .*at most 11 of 11 places/,
    ],
    [
      'backlog',
      'SYNs that met a full SYN queue',
      busy({ synDrops: 30, dropped: 30, opens: 40 }),
      /^points-at syn-queue points at the SYN queue: /,
    ],
    [
      'backlog',
      'a queue that fills since no descriptor is left',
      busy(...Array(3).fill({ descriptors: 64, waiting: 11, overflows: 30, dropped: 30 })),
      /^points-at accept-queue-drop .*, contributing at most: .*no descriptor left/,
    ],
    [
      'backlog',
      'neither ss nor nstat',
      [{ silent: 'sh: 1: ss: not found' }],
      /^cannot-be-seen - .*not be read \[.*\]; ss: not found; .*iproute2$/,
    ],
    [
      'backlog',
      'counters that could not be read to the end',
      busy({ overflows: 30, dropped: 30 }, { silent: 'nstat: too busy' }),
      /^cannot-be-seen - .*not be read \[.*\]; nstat: too busy; .*iproute2$/,
    ],
    [
      'backlog',
      'another network namespace',
      [{ silent: 'x' }],
      /^cannot-be-seen - .*not be read .*need root; /,
      { locked: true },
    ],

    [
      'time-out or panic',
      'it lives',
      busy({}),
      /^refuted - .*alive to the end \[exit\]; server \(pid 7\) is in state S/,
    ],
    [
      'time-out or panic',
      'it lives, and resets are sent',
      busy({ resets: 9 }),
      /^cannot-be-seen - .*only the server itself knows .*\[its own log\]; its log \(--log\)/,
    ],
    [
      'time-out or panic',
      'it has gone, and others listen',
      busy({ state: null, pids: [9], connections: 0 }),
      /^points-at app-timeout-or-panic .*40 connections ended with the server.*is gone.*pid 9 listens now, in its place/,
    ],
    [
      'time-out or panic',
      'its pid is another process',
      busy({ begun: 900, connections: 0 }),
      /^points-at app-timeout-or-panic .*40 connections ended/,
    ],
    [
      'time-out or panic',
      'a zombie without users',
      then({ state: 'Z' }),
      /^points-at app-timeout-or-panic .*contributing at most: .*0 connections ended/,
    ],
    [
      'time-out or panic',
      'a worker has gone, and others of its server listen on',
      [
        { connections: 40, pids: [7, 8] },
        { connections: 20, pids: [8], state: null },
      ],
      /^cannot-be-seen - cannot be seen: the process has ended, and others of its server listen on; .*server \(pid 7\) is gone/,
    ],
    [
      'time-out or panic',
      'gone when the kernel killed somebody',
      busy({ state: null, kills: 1, connections: 0 }),
      /^points-at app-timeout-or-panic .*killed 1 of this machine's/,
    ],
    [
      'time-out or panic',
      'its listener has gone and come back, with resets',
      busy({ waiting: null }, { resets: 9 }),
      /^points-at gateway-restart points at a restart, contributing at most: /,
    ],
    [
      'time-out or panic',
      'stopped',
      busy({ state: 'T' }),
      /^points-at - .*a stop, by this step's own reading/,
    ],
    [
      'time-out or panic',
      'busy all the time',
      busy({ cpuMs: 980 }, { cpuMs: 1960 }),
      /^cannot-be-seen - .*--load.* 98 % of one core/,
    ],
    [
      'time-out or panic',
      'idle while connections wait',
      [{ waiting: 2 }, { waiting: 3 }, { waiting: 3 }],
      /^cannot-be-seen - .*--load.*waited in its queue at every look/,
    ],
    [
      'time-out or panic',
      'no such command',
      then({ silent: 'cat: not found' }),
      /^cannot-be-seen - .*could not be read$/,
    ],
  ];
  for (const [step, what, shown, says, subject] of table)
    it(`${step}: ${what}`, () => assert.match(walked(shown, subject)[step], says));
});

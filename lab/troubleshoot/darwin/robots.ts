import { parseSysctls } from '../../../system/darwin/sysctls.ts';
import { busyOf } from '../life.ts';
import { concludeLoad } from '../load-generator.ts';
import { type Step, type Subject, textsOf } from '../step.ts';
import { listCommand, usageOf } from './files.ts';
import { livesOf, stateCommand } from './lives.ts';

const FIRST = 'net.inet.ip.portrange.first';
const LAST = 'net.inet.ip.portrange.last';
const RANGE = `sysctl ${FIRST} ${LAST}`;

/** Rows of clients, counted by state: the foreign address ends in the server's port. */
const sockets = ({ port }: Subject) =>
  `netstat -a -n -p tcp | awk '$5 ~ /[.]${port}$/ { print $6 }' | sort | uniq -c`;
/** Local ports in use from the range's first one up: all destinations share them. */
const PORTS = `netstat -a -n -p tcp | awk '$6 != "LISTEN" { n = split($4, a, "."); print a[n] }' | sort -nu | awk -v low="$(sysctl -n ${FIRST})" '$1 >= low + 0' | wc -l`;

/** 5: is it the load generator that is at its limit? */
export const robotsStep: Step = {
  step: 'robots',
  cause: 'robots-limit',
  question: 'is whoever makes the load itself at a limit?',
  commands: (subject) => [
    {
      line: sockets(subject),
      columns: [
        'first: how many sockets of clients on this machine; second: their state',
        'TIME_WAIT holds its port for 30 s; SYN_SENT waits for the server',
      ],
    },
    {
      line: PORTS,
      columns: ['the one figure: local ports of the range in use, whatever for: all destinations share them'],
    },
    {
      line: RANGE,
      columns: [
        'lowest and highest local port that connect(2) takes by itself: 16384 of them unless changed',
      ],
    },
    ...(subject.robots ? [listCommand(subject.robots), stateCommand(subject.robots.pid)] : []),
  ],
  conclude(subject, looks) {
    const { robots, port } = subject;
    const range = parseSysctls(textsOf(looks, RANGE).at(-1) ?? '');
    const all = Number(range[LAST]) - Number(range[FIRST]) + 1;
    const taken = textsOf(looks, PORTS).map(Number).filter(Number.isInteger);
    const counted = textsOf(looks, sockets(subject)).map((text) =>
      [...text.matchAll(/^\s*(\d+) \w+$/gm)].reduce((sum, [, number]) => sum + Number(number), 0),
    );
    return concludeLoad(
      {
        robots,
        usage: robots && usageOf(looks, robots),
        ports:
          taken.length === 0
            ? undefined
            : { taken: Math.max(...taken), all: Number.isInteger(all) ? all : undefined },
        sockets: Math.max(0, ...counted),
        busy: robots && busyOf(livesOf(looks, robots.pid)),
      },
      port,
    );
  },
};

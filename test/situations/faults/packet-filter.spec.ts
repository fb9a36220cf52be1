import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { made } from '../made.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { ended, hold, madeFor, REQUEST } from '../users.ts';

/** The first 100 of what this matches pass, then ten a second; with the others this is done. */
const limited = (matches: string, verdict: string) =>
  `tcp dport ${PORT} ${matches} limit rate over 10/second burst 100 packets counter ${verdict}`;

const REQUESTS = limited('tcp flags & (psh | ack) == (psh | ack)', 'reject with tcp reset');
const SYNS = 'tcp flags & (syn | ack) == syn';

/** A web server behind this rule. */
const behind =
  (rule: string, nofile = 8192): Situation['stage'] =>
  async (field) => {
    const chain = 'chain in { type filter hook input priority 0;';
    field.place.run(
      `nft -f ${field.place.write('rules', `table inet resetlab { ${chain}\n${rule}\n}\n}\n`)}`,
    );
    return field.serve(command('threads.py'), PORT, { SPEAKS: 'http', nofile });
  };

/** How many packets the rule has met. */
function filtered(field: Field): number {
  return Number(/counter packets (\d+)/.exec(field.place.run('nft list ruleset'))?.[1] ?? 0);
}

const own = (rule: string, ...ways: string[]): Situation => ({
  users: 'their own',
  stage: behind(rule),
  async meanwhile(field) {
    madeFor(await hold(field, 300, 5, 3000, REQUEST), 100, ...ways);
    made(filtered(field) >= 100, `${filtered(field)} packets filtered`);
  },
  truth: { named: [['packet-filter']] },
});

const robots = (rule: string): Situation => ({
  users: ['--load', '300', '--kind', 'http', '--ramp', '1500ms', '--timeout', '4s', '--hold', '2s'],
  stage: behind(rule),
  check: (field) => made(filtered(field) >= 100, `${filtered(field)} packets filtered`),
  truth: { named: [['packet-filter']] },
});

const CORPSES_NOFILE = 300;

situations(
  'a packet filter of the server',
  { programs: ['nft', 'python3'], root: 'only root has a packet filter' },
  {
    'requests are reset, their own users': own(REQUESTS, 'RST without a word'),
    'requests are reset, robots': robots(REQUESTS),
    'the first packets are reset': own(
      limited(SYNS, 'reject with tcp reset'),
      'connect: ECONNREFUSED',
      'connect: ECONNRESET',
    ),
    'the first packets are dropped': own(limited(SYNS, 'drop'), 'connect timed out'),
    'the first packets are dropped, robots': robots(limited(SYNS, 'drop')),
    'what is reset stays with the server, until its descriptors are gone': {
      users: 'their own',
      stage: behind(REQUESTS, CORPSES_NOFILE),
      async meanwhile(field) {
        let reset = 0;
        for (let wave = 0; wave < 5; wave += 1) {
          reset += ended(await hold(field, 200, 5, 1500, REQUEST), 'RST without a word');
          await sleep(200);
        }
        made(reset > 100, `${reset} users reset`);
      },
      check(field, pid) {
        const open = Number(field.place.run(`ls /proc/${pid}/fd | wc -l`));
        made(open >= CORPSES_NOFILE - 5, `${open} descriptors of ${CORPSES_NOFILE}`);
      },
      truth: { named: [['packet-filter'], ['fd-exhaustion', 'descriptor-leak']], also: ['descriptor-leak'] },
    },
  },
);

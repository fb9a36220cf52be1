import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { conclude } from '../../../lab/troubleshoot/conclude.ts';
import { parseSockets } from '../../../lab/troubleshoot/darwin/find-on-darwin.ts';
import { troubleshootReport } from '../../../lab/troubleshoot/print-troubleshoot.ts';
import { type Look, OWN } from '../../../lab/troubleshoot/step.ts';
import { SYSTEMS } from '../../../lab/troubleshoot/steps.ts';
import type { Subject } from '../../../lab/troubleshoot/subject.ts';
import { troubleshootDocument } from '../../../lab/troubleshoot/troubleshoot-document.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';

const FRAMES = { refuted: 'refuted', 'points-at': 'points at ', 'cannot-be-seen': 'cannot be seen: ' };
const port = fc.integer({ min: 1, max: 65_535 });
const pid = fc.integer({ min: 1, max: 99_999 });

const words = fc.constantFrom(
  ...[
    'LISTEN',
    'lo:',
    'lo0',
    '<Link#1>',
    'Ipkts',
    'Name',
    'COMMAND',
    'FD',
    '0/0/-1',
    'Max open files',
    'unlimited',
  ],
  ...[
    'kern.ipc.somaxconn:',
    'TcpExtListenOverflows',
    'S',
    'gone',
    '-',
    '12u',
    '*.8080',
    '\n',
    '\n',
    '99999999999999999999',
  ],
);
const output = fc.oneof(
  fc.string(),
  fc.array(fc.oneof(words, fc.nat().map(String)), { maxLength: 60 }).map((all) => all.join(' ')),
);
const SILENT = { out: '', err: '', code: 127 } as const;
const said = fc.record({ out: output, err: fc.string(), code: fc.constantFrom(0, 1, 127, null) });

describe('troubleshoot: whatever the commands print', () => {
  for (const os of ['linux', 'darwin'] as const)
    it(`on ${os} each step has a verdict and one line that says why`, () => {
      fc.assert(
        fc.property(
          fc.array(said, { minLength: 1, maxLength: 12 }),
          fc.boolean(),
          port,
          pid,
          (says, there, at, who) => {
            const one = { pid: who, name: 'server', nofile: 256 };
            const subject: Subject = {
              ...{
                os,
                port: at,
                listening: there,
                pids: [],
                prefix: '',
                netDir: '/proc/self/net',
              },
              ...{ locked: false, log: 'log' },
              ...(there ? { server: one, robots: one } : { missing: 'nobody listens' }),
            };
            const lines = Object.values(SYSTEMS[os].commands(subject)).flatMap((all) =>
              all.map(({ line }) => line),
            );
            const looks = [0, 1000, 2000].map((time, turn): Look => {
              const all = lines.map((line, index) => [line, says[(index * 3 + turn) % says.length]] as const);
              return { at: time, pids: [], said: new Map(all as never) };
            });
            const walked = conclude(subject, looks);
            const verdicts = judgeOutside(drawFacts(SYSTEMS[os].evidence(subject, looks)), CAUSES);
            const judged = (cause: string) => verdicts.find((one) => one.cause === cause)?.verdict;
            for (const { step, conclusion: found } of walked) {
              assert.ok(found.conclusion.startsWith(FRAMES[found.verdict]), found.conclusion);
              // What no cause is judged by says so; of all else the judge has the word.
              const own = found.conclusion.includes(OWN);
              if (found.verdict === 'points-at' && !own)
                assert.match(judged(found.cause ?? '') ?? '', /^(?:confirmed|contributing)$/);
              if (found.verdict === 'refuted' && !own)
                for (const cause of Object.keys(step.decidedBy)) assert.equal(judged(cause), 'refuted');
              assert.match(found.conclusion, /^[^\n]+$/);
              assert.doesNotMatch(found.conclusion, /NaN|undefined|Infinity/);
            }
            const made = () =>
              troubleshootReport(troubleshootDocument({ subject, looks, steps: walked }, true));
            const spoken = (line: string) => looks.map(({ said }) => said.get(line)?.out ?? '');
            // Of some commands another look than the last is shown.
            const shown = walked
              .flatMap(({ commands }) => commands)
              .some(({ line, peak }) => peak === undefined && spoken(line).at(-1) !== '');
            if (shown) {
              const page = made();
              for (const { step, conclusion } of walked)
                for (const text of [step.question, conclusion.conclusion])
                  assert.ok(page.includes(text), text);
            }
            if (lines.every((line) => spoken(line).every((out) => out === '')))
              assert.throws(made, { name: 'CannotRunError', message: /none of its commands runs here/ });
          },
        ),
        {
          examples: [
            [[SILENT], true, 8080, 7],
            [[SILENT], false, 8080, 7],
          ],
        },
      );
    });

  it('a row of lsof is read back, and nothing else is a row', () => {
    fc.assert(
      fc.property(pid, port, port, (who, local, remote) => {
        const row = `node ${who} dev 12u IPv4 0x1 0t0 TCP 127.0.0.1:${local}->[::1]:${remote} (ESTABLISHED)`;
        assert.deepEqual(parseSockets(`COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\n${row}\n`), [
          { name: 'node', pid: who, address: `127.0.0.1:${local}->[::1]:${remote}`, state: 'ESTABLISHED' },
        ]);
      }),
    );
    // Whatever stands around a row, and whatever else is nearly one.
    const noise = fc.array(fc.oneof(fc.string(), words, fc.constantFrom(...NEARLY)), { maxLength: 5 });
    const lines = noise.map((all) => all.join('\n')).filter((text) => !/\sTCP\s.*:\d/.test(text));
    fc.assert(
      fc.property(lines, lines, (above, below) => {
        const row = 'node 7 dev 12u IPv4 0x1 0t0 TCP *:8080 (LISTEN)';
        assert.deepEqual(parseSockets(`${above}\n${row}\n${below}`), [
          { name: 'node', pid: 7, address: '*:8080', state: 'LISTEN' },
        ]);
        assert.deepEqual(parseSockets(`${above}\n${below}`), []);
      }),
    );
    for (const line of NEARLY) assert.deepEqual(parseSockets(line), [], line);
  });
});

/** Rows of lsof with something wrong, or of something else. */
const NEARLY = [
  'node 7 dev 12u IPv4 0x1 0t0 UDP *:8080',
  'node 7 dev 12u IPv4 0x1 0t0 TCP *:*',
  'node 7 dev 12u IPv4 0x1 0t0 TCP *:123456 (LISTEN)',
  'node seven dev 12u IPv4 0x1 0t0 TCP *:8080 (LISTEN)',
  'node 7 dev 12u IPv4 0x1 0t0 TCP *:8080 LISTEN',
  '7 dev 12u IPv4 0x1 0t0 TCP *:8080 (LISTEN)',
  'COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME',
];

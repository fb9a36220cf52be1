import assert from 'node:assert/strict';
import { parseSockets } from '../../../lab/troubleshoot/darwin/find-on-darwin.ts';
import { find } from '../../../lab/troubleshoot/find.ts';
import { troubleshootReport } from '../../../lab/troubleshoot/print-troubleshoot.ts';
import type { Shell } from '../../../lab/troubleshoot/shell.ts';
import type { Wanted } from '../../../lab/troubleshoot/subject.ts';
import {
  type TroubleshootDocument,
  troubleshootDocument,
} from '../../../lab/troubleshoot/troubleshoot-document.ts';
import { walk } from '../../../lab/troubleshoot/walk.ts';
import { fixture } from '../../system/darwin/fixtures.ts';

/** What a command says: always the same, or the next of these at each look. */
type Answers = Record<string, string | readonly string[]>;

const DEVICES = fixture('netstat-i-b-d.txt');

const MAC: Answers = {
  'ps -o comm=': '/opt/node/bin/node\n',
  'lsof -nP -iTCP:8080': fixture('lsof-iTCP.txt'),
  'lsof -nP -a -p 41234 -iTCP -sTCP:LISTEN': fixture('lsof-iTCP.txt').split('\n').slice(0, 2).join('\n'),
  'lsof -nP -p': fixture('lsof-p.txt'),
  'netstat -i -b -d -n': [DEVICES, DEVICES.replaceAll('1193427', '1193627')],
  'netstat -L -a -n': fixture('netstat-Lan-quiet.txt'),
  'netstat -s -p tcp': fixture('netstat-s-tcp-unprivileged.txt'),
  'netstat -I lo0 -s -p tcp': fixture('netstat-I-lo0-s-tcp.txt'),
  'sysctl kern.maxfilesperproc': 'kern.maxfilesperproc: 61440\nkern.maxfiles: 122880\nkern.num_files: 4000\n',
  'sysctl net.inet.ip.portrange': fixture('sysctl.txt'),
  'sysctl kern.ipc': fixture('sysctl.txt'),
  'launchctl limit maxfiles': fixture('launchctl-limit-maxfiles.txt'),
  'ulimit -n': fixture('ulimit-n.txt'),
  'ps -o pid,ppid,lstart': fixture('ps-lstart.txt'),
  'ps -o state=': fixture('ps.txt'),
  'ls -t': 'Safari-2026-11-01-101010.ips\n',
  "netstat -a -n -p tcp | awk '$4": '   2 ESTABLISHED\n   1 LISTEN\n',
  "netstat -a -n -p tcp | awk '$5": '   2 ESTABLISHED\n   1 SYN_SENT\n',
  "netstat -a -n -p tcp | awk '$6": '     210\n',
};

/** A machine that answers so, by the last key that fits, and says of everything else what sh says. */
function mac(answers: Answers): Shell {
  const asked = new Map<string, number>();
  return async (line) => {
    const key = Object.keys(answers).findLast((start) => line.startsWith(start));
    const answer = key === undefined ? undefined : answers[key];
    if (key === undefined || answer === undefined)
      return { out: '', err: `sh: ${line.split(' ')[0]}: command not found`, code: 127 };
    const time = asked.get(line) ?? 0;
    asked.set(line, time + 1);
    const out = typeof answer === 'string' ? answer : (answer[Math.min(time, answer.length - 1)] ?? '');
    return { out, err: '', code: 0 };
  };
}

async function walkOn(
  answers: Answers,
  wanted: Wanted = { port: 8080 },
  forMs = 150,
): Promise<TroubleshootDocument> {
  const shell = mac(answers);
  const found = await find('darwin', wanted, shell);
  const { signal } = new AbortController();
  return troubleshootDocument(await walk({ found, shell, forMs, signal }), true);
}

/** The step of that number, as `verdict: conclusion`. */
async function step(number: number, answers: Answers, wanted?: Wanted, forMs?: number): Promise<string> {
  const document = await walkOn({ ...MAC, ...answers }, wanted, forMs);
  const { verdict, conclusion } = document.steps[number - 1] as TroubleshootDocument['steps'][number];
  return `${verdict}: ${conclusion}`;
}

/** lsof's list of a process with descriptors 0 to `count` - 1. */
function holding(count: number): string {
  const rows = Array.from(
    { length: count },
    (_, fd) => `node 41234 dev ${fd}u IPv4 0x1 0t0 TCP *:8080 (LISTEN)`,
  );
  return ['COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME', ...rows].join('\n');
}

describe('troubleshoot on macOS, from fixtures', () => {
  it('walks the steps in order, each with command, output, columns and a conclusion', async () => {
    const document = await walkOn(MAC);
    assert.deepEqual(
      document.steps.map((one) => one.step),
      ['interface', 'descriptors', 'backlog', 'time-out or panic', 'robots'],
    );
    assert.deepEqual([document.os, document.target.pid, document.target.name], ['darwin', 41_234, 'node']);
    assert.equal(document.target.robots, 41_300);
    for (const { command, output, columns, conclusion, verdict } of document.steps) {
      assert.ok(command && output && conclusion && verdict);
      assert.ok(columns.length > 0);
      assert.ok(!conclusion.includes('\n'));
    }
    assert.deepEqual(
      document.steps.map(({ verdict }) => verdict),
      ['refuted', 'refuted', 'refuted', 'refuted', 'refuted'],
    );
    assert.match(troubleshootReport(document), /\$ netstat -L -a -n\n/);
  });

  it('never runs sudo, and changes nothing', async () => {
    const lines: string[] = [];
    const answers = mac(MAC);
    const shell: Shell = (line) => {
      lines.push(line);
      return answers(line);
    };
    const found = await find('darwin', { port: 8080 }, shell);
    await walk({ found, shell, forMs: 1, signal: new AbortController().signal });
    assert.ok(lines.length > 10);
    assert.deepEqual(
      lines.filter((line) =>
        /sudo|-w |>|launchctl limit \w+ \d|ulimit -n \d/.test(line.replace(/'[^']*'/g, '')),
      ),
      [],
    );
  });

  it('1: of lost packets only users can tell what they did, and what was lost before does not count', async () => {
    const after = DEVICES.replace(/(lo0 +16384 <Link#1> +)\d+ +0/, '$1 1200000 7');
    assert.notEqual(after, DEVICES);
    assert.match(
      await step(1, { 'netstat -i': [DEVICES, after] }),
      /^cannot-be-seen: .*7 errors .*lo0 errors.*only users know/,
    );
    assert.match(await step(1, {}), /^refuted: .* 0 errors and 0 drops .*lo0 errors/);
    assert.match(await step(1, { 'netstat -i': 'something else' }), /^cannot-be-seen/);
    assert.match(await step(1, { 'netstat -i': DEVICES }), /^cannot-be-seen: .*no packet arrived/);
  });

  it('2: the limit is the lowest that the numbers leave possible', async () => {
    const lsof = (count: number) => ({ 'lsof -nP -p': holding(count) });
    assert.match(await step(2, lsof(256)), /^points-at: .*node \(pid 41234\), .*: all 256 in use/);
    assert.match(
      await step(2, lsof(255)),
      /^refuted: .*at most 255 of 256 descriptors in use \[descriptors\]; by `ulimit -n`/,
    );
    assert.match(await step(2, lsof(257)), /^refuted: .*at most 257 of 61440/);
    assert.match(await step(2, lsof(300), { port: 8080, nofile: 300 }), /^points-at: .*all 300/);
    assert.match(await step(2, { 'lsof -nP -p': '' }), /^cannot-be-seen: /);
    const full = MAC['sysctl kern.maxfilesperproc'] as string;
    const out = full.replace('4000', '122880');
    assert.match(await step(2, { 'sysctl kern.maxfilesperproc': out }), /^points-at: .*ENFILE/);
  });

  it('3: a full queue, one that evicts, a negative one, and the counters', async () => {
    const queue = (name: string) => ({ 'netstat -L': fixture(`netstat-Lan-${name}.txt`) });
    assert.match(await step(3, queue('full')), /^points-at: .*128\/0\/128.*does not accept/);
    assert.match(await step(3, queue('evicting')), /^points-at: .*128\/37\/128.*half-open/);
    assert.match(await step(3, queue('negative')), /^points-at: .*-32768 .*every SYN is dropped/);
    const lo0 = fixture('netstat-I-lo0-s-tcp.txt');
    const grown = { 'netstat -I lo0': [lo0, lo0.replace('3248', '3300')] };
    assert.match(await step(3, grown), /^points-at: .*52 segments .*RST/);
    const root = fixture('netstat-s-tcp-root.txt');
    const more = { 'netstat -s -p tcp': [root, root.replace('4799 listen', '4800 listen')] };
    assert.match(await step(3, more), /^points-at: .*1 SYN found the queue full/);
    assert.match(await step(3, { 'netstat -s -p tcp': root }), /^refuted: .*never overflowed/);
    assert.match(await step(3, {}), /^refuted: .*\(sudo\)/);
  });

  it('4: gone, replaced, stopped, busy, crashed, and a log', async () => {
    const ps = fixture('ps.txt');
    assert.match(await step(4, { 'ps -o state=': [ps, ''] }), /^points-at: .*is gone/);
    const begun = fixture('ps-lstart.txt');
    assert.match(
      await step(4, { 'ps -o pid,ppid,lstart': [begun, begun.replace('03:08:27', '03:09:00')] }),
      /^points-at: .*is gone/,
    );
    assert.match(await step(4, { 'ps -o state=': ps.replace('S', 'T') }), /^points-at: .*is stopped/);
    assert.match(
      await step(4, { 'ps -o state=': [ps, ps.replace('1:02.35', '1:09.35')] }, undefined, 1100),
      /^cannot-be-seen: .*--load.*it used at most \d{3}\.?\d* % of one core/,
    );
    const reports = ['old.ips\n', 'node-2026-11-24-031000.ips\nold.ips\n'];
    assert.match(await step(4, { 'ls -t': reports }), /^points-at: .*crash/);
    const log = { port: 8080, log: import.meta.filename };
    assert.match(await step(4, { tail: 'ok\npanic: no\n' }, log), /^points-at: .*"panic: no"/);
    assert.match(await step(4, { tail: 'ok\n' }, log), /^refuted: .*no fault in the last lines/);
  });

  it('5: ports, descriptors and processor of the load generator, and none', async () => {
    const taken = (number: number) => ({ "netstat -a -n -p tcp | awk '$6": `   ${number}\n` });
    assert.match(await step(5, taken(16_384)), /^points-at: .*all 16384 local ports/);
    assert.match(await step(5, taken(16_383)), /^refuted: .*16383 of 16384/);
    assert.match(await step(5, { 'lsof -nP -p 41300': holding(256) }), /^points-at: .*pid 41300.*all 256/);
    const nobody = {
      'lsof -nP -iTCP:8080': fixture('lsof-iTCP.txt').split('\n').slice(0, 2).join('\n'),
      "netstat -a -n -p tcp | awk '$4": '   2 ESTABLISHED\n   1 LISTEN\n',
      "netstat -a -n -p tcp | awk '$5": '',
    };
    assert.match(await step(5, nobody), /^cannot-be-seen: .*--robots/);
  });

  it('without a server: the steps that need one say so, the others are walked', async () => {
    const document = await walkOn({ ...MAC, 'lsof -nP -iTCP:9': '' }, { port: 9999 });
    assert.equal(document.target.pid, null);
    assert.equal(document.steps[0]?.verdict, 'refuted');
    for (const index of [1, 3])
      assert.match(document.steps[index]?.conclusion ?? '', /nobody listens on port 9999/);
  });

  it('by --pid: its port; refuses a process that is not there or listens on nothing', async () => {
    assert.equal((await walkOn(MAC, { pid: 41_234 })).target.port, 8080);
    await assert.rejects(
      walkOn({ ...MAC, 'ps -o comm=': '' }, { pid: 41_234 }),
      /--pid 41234: no such process/,
    );
    await assert.rejects(
      walkOn({ ...MAC, 'lsof -nP -a': '' }, { pid: 41_234 }),
      /--pid 41234: lsof shows no TCP port/,
    );
  });

  it('where nothing can be looked at: one line, exit 3', async () => {
    await assert.rejects(walkOn({}), { exitCode: 3, message: /none of its commands runs here .*not found/ });
    await assert.rejects(find('win32', {}, mac(MAC)), { exitCode: 3, message: /not available on win32/ });
  });

  it('lsof -iTCP: listeners and connections; other lines are passed over', () => {
    const rows = parseSockets(fixture('lsof-iTCP.txt'));
    assert.equal(rows.length, 6);
    assert.deepEqual(rows[3], {
      name: 'k6\\x20run',
      pid: 41_300,
      address: '127.0.0.1:50001->127.0.0.1:8080',
      state: 'ESTABLISHED',
    });
    assert.deepEqual(parseSockets('lsof: WARNING: cannot stat()\n\n'), []);
  });
});

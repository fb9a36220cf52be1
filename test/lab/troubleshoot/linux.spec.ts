import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { parseNstat, portsOf } from '../../../lab/troubleshoot/linux/linux-looks.ts';
import { shell } from '../../../lab/troubleshoot/shell.ts';
import type { TroubleshootDocument } from '../../../lab/troubleshoot/troubleshoot-document.ts';
import { Gateway, UPGRADE } from '../../gateway/tools.ts';
import { onLinuxOnly } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { freePort, lab, startLab } from '../cli/lab.ts';

/** Those that look for a while. */
const drawn = oneIn(2);
/** Each is one line. */
const refused = oneIn(3);

type StepDocument = TroubleshootDocument['steps'][number];

/** Steps by their name. */
function stepsIn(
  stdout: string,
): Record<StepDocument['step'], StepDocument> & { document: TroubleshootDocument } {
  const document = JSON.parse(stdout) as TroubleshootDocument;
  const steps = Object.fromEntries(document.steps.map((step) => [step.step, step]));
  return { ...(steps as Record<StepDocument['step'], StepDocument>), document };
}

/** One that asks to be let in, and says nothing more. */
function user(port: number): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(UPGRADE)).on('error', () => {});
  return socket;
}

describe('lab troubleshoot on this machine', function () {
  this.timeout(60_000);
  onLinuxOnly('these commands and what they print');

  drawn('a gateway at its limit: points at its descriptors, with commands that show it', async () => {
    const nofile = 64;
    await using gateway = await Gateway.start({}, nofile);
    const asked = startLab(['troubleshoot', '--port', `${gateway.port}`, '--for', '3s', '--json']);
    const users: Socket[] = [];
    // One after another, until it is over: so some come beyond the limit between any two looks.
    const coming = setInterval(() => users.push(user(gateway.port)), 25);
    try {
      const { code, stdout } = await asked.ended;
      assert.equal(code, 0);
      const { document, descriptors, interface: first, backlog, robots, ...rest } = stepsIn(stdout);
      assert.equal(document.os, 'linux');
      assert.equal(document.target.pid, gateway.child.pid);
      assert.equal(document.target.robots, process.pid);
      assert.equal(document.complete, true);
      assert.equal(descriptors.verdict, 'points-at', descriptors.conclusion);
      assert.equal(descriptors.cause, 'fd-exhaustion');
      assert.match(
        descriptors.conclusion,
        /all 64 in use; \d+ RST sent in the server's network namespace in that time, nobody knows by whom/,
      );
      const [limits, counted] = descriptors.commands;
      assert.match(limits?.output ?? '', /Max open files +64 /);
      assert.equal(Number(counted?.output), nofile);
      // As a person runs it, while nothing has changed.
      assert.equal(Number((await shell(counted?.command ?? '')).out), nofile);
      // Somebody may wait in it at the moment of a look.
      assert.match(backlog.output, /LISTEN +\d+ +511 /);
      assert.equal(backlog.verdict, 'refuted', backlog.conclusion);
      assert.match(first.output, /^ +lo:/m);
      // It closes users: whether of its own accord as well it alone can tell.
      assert.match(
        rest['time-out or panic'].conclusion,
        /^cannot be seen: the server was alive to the end .*its own log/,
      );
      assert.notEqual(robots.verdict, 'cannot-be-seen', robots.conclusion);
    } finally {
      clearInterval(coming);
      for (const one of users) one.destroy();
    }
  });

  drawn('a gateway that is stopped, and whose queue is too short: points at both', async () => {
    await using gateway = await Gateway.start({ BACKLOG: 4 });
    gateway.child.kill('SIGSTOP');
    const asked = startLab(['troubleshoot', '--port', `${gateway.port}`, '--for', '3s', '--json']);
    const users: Socket[] = [];
    const coming = setInterval(() => users.push(user(gateway.port)), 25);
    try {
      const { descriptors, backlog, ...rest } = stepsIn((await asked.ended).stdout);
      assert.deepEqual(
        [backlog.verdict, backlog.cause],
        ['points-at', 'accept-queue-drop'],
        backlog.conclusion,
      );
      assert.match(backlog.conclusion, /at most 5 of 5 places seen in use/);
      assert.match(rest['time-out or panic'].conclusion, /^points at a stop, by this step's own reading/);
      assert.equal(descriptors.verdict, 'refuted', descriptors.conclusion);
    } finally {
      clearInterval(coming);
      for (const one of users) one.destroy();
    }
  });

  drawn('a gateway that ends while it is looked at, with users and without', async () => {
    for (const [users, says] of [
      [3, /^points at the server's end: .*; 3 connections ended with the server/],
      [0, /^points at the server's end, contributing at most: .*; 0 connections ended with the server/],
    ] as const) {
      await using gateway = await Gateway.start();
      const all = Array.from({ length: users }, () => user(gateway.port));
      const asked = startLab(['troubleshoot', '--pid', `${gateway.child.pid}`, '--for', '4s', '--json']);
      asked.child.stderr?.once('data', () => setTimeout(() => gateway.child.kill('SIGKILL'), 2000));
      const { document, ...steps } = stepsIn((await asked.ended).stdout);
      assert.equal(document.target.port, gateway.port);
      assert.equal(steps['time-out or panic'].verdict, 'points-at');
      assert.match(steps['time-out or panic'].conclusion, says);
      for (const one of all) one.destroy();
    }
  });

  drawn('without a server: 0, and the steps that need one say so', async () => {
    const port = await freePort();
    const { code, stdout, stderr } = await lab(['troubleshoot', '--port', `${port}`, '--for', '100ms']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /no server seen/);
    assert.match(stdout, /2 {2}descriptors +cannot be seen/);
    assert.ok(stdout.includes(`nobody listens on port ${port}`));
    assert.match(stdout, /\$ cat \/proc\/self\/net\/dev\n {5}\| Inter/);
  });

  drawn('Ctrl-C: what has been seen so far, marked incomplete', async () => {
    const asked = startLab(['troubleshoot', '--port', `${await freePort()}`, '--for', '5m', '--json']);
    asked.child.stderr?.once('data', () => setTimeout(() => asked.child.kill('SIGINT'), 500));
    const { code, stdout } = await asked.ended;
    assert.equal(code, 130);
    assert.equal(stepsIn(stdout).document.complete, false);
  });

  const wrong: [args: string[], ...parts: string[]][] = [
    [['--for', 'long'], '--for long', '30s'],
    [['--for', '0'], '--for 0'],
    [['--port', '0'], '--port', 'from 1 to 65535'],
    [['--pid', '4194304'], '--pid 4194304: no such process'],
    [['--robots', '4194304'], '--robots 4194304: no such process'],
    [['--log', '/nonexistent/log'], '--log /nonexistent/log', 'ENOENT'],
    [['--colour'], "unknown option '--colour'"],
  ];
  for (const [args, ...parts] of wrong) {
    refused(`refuses ${args.join(' ')} in one line`, async () => {
      const { code, stdout, stderr } = await lab(['troubleshoot', ...args]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^lab: [^\n]+\n$/);
      for (const part of parts) assert.ok(stderr.includes(part), stderr);
    });
  }
});

describe('troubleshoot: what the commands of Linux print', () => {
  it('nstat', () => {
    assert.deepEqual(parseNstat('#kernel\nTcpOutRsts                      9765               0.0\n'), {
      'Tcp OutRsts': 9765,
    });
  });

  it('counted sockets: of all states, by address and server', () => {
    const text =
      '   3 ESTAB 127.0.0.1 127.0.0.1:80\n  40 TIME-WAIT 127.0.0.1 127.0.0.1:80\n   1 ESTAB [::1] [::1]:80\n';
    assert.deepEqual(portsOf(text), { '127.0.0.1 127.0.0.1:80': 43, '[::1] [::1]:80': 1 });
  });

  it('a shell line that does not end is killed, with what it started', async () => {
    const { code, out } = await shell('echo begun; sleep 60 | cat');
    assert.deepEqual([code, out], [null, 'begun\n']);
  });
});

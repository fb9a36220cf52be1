import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { parseNstat } from '../../../lab/troubleshoot/linux/backlog.ts';
import { totalsOf } from '../../../lab/troubleshoot/linux/interface.ts';
import { portsOf } from '../../../lab/troubleshoot/linux/robots.ts';
import { shell } from '../../../lab/troubleshoot/shell.ts';
import type { TroubleshootDocument } from '../../../lab/troubleshoot/troubleshoot-document.ts';
import { Gateway, UPGRADE } from '../../gateway/tools.ts';
import { onLinuxOnly } from '../../skip.ts';
import { freePort, lab, startLab } from '../cli/lab.ts';

type StepDocument = TroubleshootDocument['steps'][number];

/** Steps by their name. */
function stepsIn(
  stdout: string,
): Record<StepDocument['step'], StepDocument> & { document: TroubleshootDocument } {
  const document = JSON.parse(stdout) as TroubleshootDocument;
  const steps = Object.fromEntries(document.steps.map((step) => [step.step, step]));
  return { ...(steps as Record<StepDocument['step'], StepDocument>), document };
}

describe('lab troubleshoot on this machine', function () {
  this.timeout(60_000);
  onLinuxOnly('these commands and what they print');

  it('a gateway at its limit: points at its descriptors, with commands that show it', async () => {
    const nofile = 64;
    await using gateway = await Gateway.start({}, nofile);
    const asked = startLab(['troubleshoot', '--port', `${gateway.port}`, '--for', '3s', '--json']);
    const users: Socket[] = [];
    try {
      for (let at = 0; at < nofile; at += 1) {
        const user = connect(gateway.port, '127.0.0.1', () => user.write(UPGRADE)).on('error', () => {});
        users.push(user);
      }
      const { code, stdout } = await asked.ended;
      assert.equal(code, 0);
      const { document, descriptors, interface: first, backlog, robots, ...rest } = stepsIn(stdout);
      assert.equal(document.os, 'linux');
      assert.equal(document.target.pid, gateway.child.pid);
      assert.equal(document.target.robots, process.pid);
      assert.equal(document.complete, true);
      assert.equal(descriptors.verdict, 'points-at', descriptors.conclusion);
      assert.match(descriptors.conclusion, /all 64 in use/);
      const [limits, counted] = descriptors.commands;
      assert.match(limits?.output ?? '', /Max open files +64 /);
      assert.equal(Number(counted?.output), nofile);
      // As a person runs it, while nothing has changed.
      assert.equal(Number((await shell(counted?.command ?? '')).out), nofile);
      assert.match(backlog.output, /LISTEN +0 +511 /);
      assert.match(first.output, /^ +lo:/m);
      assert.equal(rest['time-out or panic'].verdict, 'refuted', rest['time-out or panic'].conclusion);
      assert.notEqual(robots.verdict, 'cannot-be-seen', robots.conclusion);
    } finally {
      for (const user of users) user.destroy();
    }
  });

  it('a gateway that is stopped while it is looked at, and one that ends', async () => {
    for (const [signal, says] of [
      ['SIGSTOP', /is stopped \(state T\)/],
      ['SIGKILL', /is gone; every connection/],
    ] as const) {
      await using gateway = await Gateway.start();
      const asked = startLab(['troubleshoot', '--pid', `${gateway.child.pid}`, '--for', '1500ms', '--json']);
      asked.child.stderr?.once('data', () => setTimeout(() => gateway.child.kill(signal), 500));
      const { document, ...steps } = stepsIn((await asked.ended).stdout);
      assert.equal(document.target.port, gateway.port);
      assert.equal(steps['time-out or panic'].verdict, 'points-at');
      assert.match(steps['time-out or panic'].conclusion, says);
    }
  });

  it('without a server: 0, and the steps that need one say so', async () => {
    const port = await freePort();
    const { code, stdout, stderr } = await lab(['troubleshoot', '--port', `${port}`, '--for', '100ms']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /no server seen/);
    assert.match(stdout, /2 {2}descriptors +cannot-be-seen/);
    assert.ok(stdout.includes(`nobody listens on port ${port}`));
    assert.match(stdout, /\$ cat \/proc\/self\/net\/dev\n {5}\| Inter/);
  });

  it('Ctrl-C: what has been seen so far, marked incomplete', async () => {
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
    [['--pid', '4194304'], '--pid 4194304: there is no such process'],
    [['--robots', '4194304'], '--robots 4194304: there is no such process'],
    [['--log', '/nonexistent/log'], '--log /nonexistent/log', 'ENOENT'],
    [['--colour'], "unknown option '--colour'"],
  ];
  for (const [args, ...parts] of wrong) {
    it(`refuses ${args.join(' ')} in one line`, async () => {
      const { code, stdout, stderr } = await lab(['troubleshoot', ...args]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^lab: [^\n]+\n$/);
      for (const part of parts) assert.ok(stderr.includes(part), stderr);
    });
  }
});

describe('troubleshoot: what the commands of Linux print', () => {
  it('/proc/net/dev', () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  100  10    1    2    0     0          0         0 100  20    4    8    0     0       0          0
`;
    assert.deepEqual(totalsOf(text), { lo: { packets: 30, errors: 5, drops: 10 } });
  });

  it('nstat', () => {
    assert.deepEqual(parseNstat('#kernel\nTcpOutRsts                      9765               0.0\n'), {
      TcpOutRsts: 9765,
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

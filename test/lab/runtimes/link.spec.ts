import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { CannotRunError, UsageError } from '../../../common/errors.ts';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import { effectiveSettings } from '../../../lab/run/effective-settings.ts';
import { startGateway } from '../../../lab/run/start-gateway.ts';
import { parseQdiscs } from '../../../lab/runtimes/channel/qdiscs.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { parseQdisc } from '../../../lab/runtimes/link-delay.ts';
import { native } from '../../../lab/runtimes/native.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import type { FleetLine, UserLine } from '../../../protocol/fleet-events.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { measured, small } from './stage.ts';

const DELAY_MS = 30;

describe('link_delay_ms', function () {
  this.timeout(40_000);

  it("the script's word is taken, and no other", () => {
    assert.equal(parseQdisc('netem\n'), 'netem');
    assert.equal(parseQdisc('tbf\r\n'), 'tbf');
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/^\s*(netem|tbf)\s*$/.test(text)),
        (text) => {
          assert.throws(() => parseQdisc(text), CannotRunError);
        },
      ),
    );
  });

  it('native refuses it by name: it would be the loopback of the host', async () => {
    await assert.rejects(native.check(small('link_delay_ms=5')), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /^--set: link_delay_ms=5: .*allowed: 0, or --runtime netns or docker$/);
      return true;
    });
  });

  it('is found again by the device that tc tells it of', () => {
    const listing = `qdisc noqueue 0: dev lo root refcnt 2
qdisc tbf 8001: dev eth1 root refcnt 2 rate 26214Kbit burst 65700b lat 305s
qdisc netem 1: dev eth0 root refcnt 2 limit 100000 delay 5ms
qdisc netem 2: dev eth2 parent 1:1 limit 1000 delay 5ms
`;
    assert.deepEqual(parseQdiscs(listing), { eth1: 'tbf', eth0: 'netem' });
    assert.deepEqual(parseQdiscs(''), {});
  });

  describe('on netns', () => {
    skipWhenMissing(netns);
    before(async function () {
      const why = await netns.check(small('link_delay_ms=1')).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (why !== undefined) skip(this, why);
    });

    it('holds every handshake back, and lets requests and answers through', async () => {
      const settings = small('users=6');
      const users: UserLine[] = [];
      await using stage = await netns.open(settings, newLabel());
      const { listening } = await startGateway(stage, settings.values, () => {});
      assert.ok(['netem', 'tbf'].includes(await stage.delayLink(DELAY_MS)));
      const load = await robots.start(stage, {
        host: stage.targetHost,
        port: listening.port,
        settings: settings.values,
        explicit: settings.explicit,
        onLine: (line: FleetLine) => {
          if (line.event === 'user') users.push(line);
        },
      });
      await load.ended;
      assert.deepEqual(
        users.map(({ outcome }) => outcome),
        Array(6).fill('open'),
      );
      for (const { openMs = 0 } of users) assert.ok(openMs > DELAY_MS, `open after ${openMs} ms`);
    });

    it('is read back: how long, and what makes it', async () => {
      const delayed = effectiveSettings(await measured(netns, 'link_delay_ms=3'));
      assert.equal(delayed.link_delay_ms, 3);
      assert.ok(['netem', 'tbf'].includes(String(delayed.link_qdisc)), String(delayed.link_qdisc));
      const plain = effectiveSettings(await measured(netns));
      assert.deepEqual([plain.link_delay_ms, plain.link_qdisc], [0, undefined]);
    });

    it('is not there before it is asked for, nor on the loopback of this host', async () => {
      const shown = () => execFileSync('tc', ['qdisc', 'show', 'dev', 'lo'], { encoding: 'utf8' });
      const host = shown();
      await using stage = await netns.open(small(), newLabel());
      await stage.delayLink(DELAY_MS);
      assert.equal(shown(), host);
    });

    it('drops nothing, however large or many the packets', () => {
      const script = [
        'ip link set lo up',
        'docker/delay.sh lo 1',
        // 65483 is the largest payload of the loopback, in one packet; the connection goes on after it.
        `node -e '
          const net = require("node:net");
          const server = net.createServer((socket) => socket.pipe(socket)).listen(7, "127.0.0.1", () => {
            let got = 0;
            const client = net.connect(7, "127.0.0.1", () => client.write(Buffer.alloc(400000)));
            client.on("data", (data) => { got += data.length; if (got === 400000) { client.end(); server.close(); } });
          });'`,
        'tc -s qdisc show dev lo',
      ].join(' && ');
      const flags = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];
      const said = execFileSync('unshare', [...flags, '/bin/sh', '-c', script], {
        encoding: 'utf8',
        timeout: 20_000,
      });
      assert.match(said, /^(netem|tbf)\n/);
      assert.match(said, /\(dropped 0,/);
      assert.ok(Number(/Sent (\d+) bytes/.exec(said)?.[1]) > 800_000, said);
    });
  });
});

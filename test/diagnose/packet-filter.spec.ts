import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { Place, skipWithout } from './place.ts';
import { assertConfirmed, assertHealthy } from './verdicts.ts';

const it = oneIn(3);

/** Put before a port in the namespace of a place. */
const filter = (port: number, rule: string) =>
  `printf '%s\\n' 'table inet t${port} {' 'chain in {' 'type filter hook input priority 0' 'tcp dport ${port} ${rule}' '}' '}' | PATH=$PATH:/usr/sbin nft -f -`;
const BEYOND = 'limit rate over 1/day burst 20 packets';

/** A thread for each connection, which answers each line with a response; those without an other end stay, and go with the process. */
const THREADS = [
  'python3',
  '-c',
  `import os,socketserver
class H(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            if line == b'\\r\\n' or line == b'\\n': self.wfile.write(b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')
class S(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 1024
S(('', int(os.environ['PORT'])), H).serve_forever()`,
];

const KIN = ['python3', join(PROJECT_ROOT, 'test/diagnose/servers/kin.py')];

describe('lab diagnose: a packet filter before a server that knows nothing of it', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('python3');
  skipWithout('nft');
  let place: Place;
  before(async () => {
    place = await Place.make();
  });
  after(() => place?.[Symbol.asyncDispose]());

  for (const [what, port, rule] of [
    [
      'requests answered with RST',
      9021,
      `tcp flags & (psh | ack) == (psh | ack) ${BEYOND} reject with tcp reset`,
    ],
    ['requests dropped', 9022, `tcp flags & (psh | ack) == (psh | ack) ${BEYOND} counter drop`],
    [
      'SYNs answered with ICMP',
      9023,
      `tcp flags & (syn | ack) == syn ${BEYOND} reject with icmpx host-unreachable`,
    ],
    ['SYNs dropped', 9024, `tcp flags & (syn | ack) == syn ${BEYOND} counter drop`],
  ] as const)
    it(`${what}, robots of ours: packet-filter, and no other cause`, async () => {
      await place.serve(THREADS, port);
      place.run(filter(port, rule));
      const load = ['--load', '60', '--kind', 'http', '--timeout', '2s', '--ramp', '500ms'];
      const diagnosed = await place.diagnose('--port', String(port), ...load);
      assertConfirmed(diagnosed, 'packet-filter');
    });

  for (const [what, port, does, users] of [
    ['dropped', 9026, 'drop', 1],
    ['rejected', 9027, 'reject with tcp reset', 25],
  ] as const)
    it(`somebody else's load: SYNs ${what} by a rule that counts nothing, and other ports filtered`, async () => {
      await place.serve(THREADS, port);
      place.run(filter(9028, 'drop'));
      const diagnosed = await place.watch(['--port', String(port), '--for', '6s'], async () => {
        await place.clients(port, 20, { stayMs: 200 });
        place.run(filter(port, `tcp flags & (syn | ack) == syn ${does}`));
        await Promise.all([
          place.clients(port, 25, { rampMs: 1000, stayMs: 2500 }),
          place.clients(9028, 5, { stayMs: 2500 }),
        ]);
      });
      assertConfirmed(diagnosed, 'packet-filter');
      const found = diagnosed.document.verdicts.find(({ cause }) => cause === 'packet-filter');
      assert.ok(found && found.explains >= users && found.explains <= 25, `${found?.explains} of 25`);
    });

  it('another port is filtered, and clients ask where the server does not listen: nothing is named', async () => {
    await place.serve(KIN, 9029, { env: { HOST: '127.0.0.1' } });
    place.run(filter(9030, 'drop'));
    const diagnosed = await place.watch(['--port', '9029', '--for', '4s'], () =>
      Promise.all([
        place.clients(9029, 20, { stayMs: 1500 }),
        place.clients(9029, 20, { stayMs: 2500, rampMs: 1500, host: '127.0.0.2' }),
        place.clients(9030, 20, { stayMs: 2500 }),
      ]).then(() => {}),
    );
    assertHealthy(diagnosed);
  });

  it("somebody else's load: connections without another end, or packets that the rule has counted", async () => {
    await place.serve(THREADS, 9025);
    place.run(filter(9025, `tcp flags & (psh | ack) == (psh | ack) ${BEYOND} counter reject with tcp reset`));
    const says = 'GET / HTTP/1.1\\n\\n';
    const diagnosed = await place.watch(['--port', '9025', '--for', '5s'], () =>
      place.clients(9025, 60, { says, stayMs: 2500, rampMs: 300 }),
    );
    assertConfirmed(diagnosed, 'packet-filter');
    const verdict = diagnosed.document.verdicts.find(({ cause }) => cause === 'packet-filter');
    assert.equal(verdict?.explains, 40);
  });
});

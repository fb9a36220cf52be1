import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { startLab } from '../lab/cli/lab.ts';
import { skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { selfSigned } from './certificates.ts';
import { buildGo, Place, skipWithout } from './place.ts';
import { assertHealthy } from './verdicts.ts';

const it = oneIn(2);
/** Each is one look and a line. */
const refused = oneIn(4);

const NODE = [process.execPath, join(PROJECT_ROOT, 'test/diagnose/servers/spoken-to.ts')];
const LOAD = ['--load', '20', '--hold', '300ms'];

interface Said {
  url?: string;
  name?: string;
  message?: string;
  headers?: Record<string, string>;
}

describe('lab diagnose --url: a server by the name that its users have for it', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('openssl');
  let place: Place;
  let ca: string;
  const file = (name: string) => join(place.folder, name);
  const said = (name: string): Said[] =>
    readFileSync(file(name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Said);
  /** In the server's namespace: stdout, stderr and the exit code. */
  const diagnose = (...args: string[]) =>
    startLab(['diagnose', '--json', ...args], { prefix: place.enter }).ended;

  before(async () => {
    place = await Place.make();
    const { certificate, key } = selfSigned(place.folder);
    ca = certificate;
    const secure = { CERTIFICATE: certificate, KEY: key };
    place.write('secure', '');
    await place.serve(NODE, 9101, { env: { SAID: file('plain') } });
    await place.serve(NODE, 9102, { env: { SAID: file('secure'), ...secure } });
    await place.serve(NODE, 9103, { env: { SAID: file('picky'), REFUSES: 'status' } });
    await place.serve(NODE, 9104, { env: { SAID: file('six'), HOST: '::1' } });
  });
  after(() => place?.[Symbol.asyncDispose]());

  it('plain: what the users say arrives, with the name that was given', async () => {
    const diagnosed = await place.diagnose(
      ...['--url', 'ws://localhost:9101/play?t=query-secret', ...LOAD],
      ...['--header', 'X-Team: header-secret', '--cookie', 'a=cookie-secret', '--cookie', 'b=2'],
      ...['--subprotocol', 'play', '--send', 'message-secret {n}', '--expect-first', 'welcome'],
    );
    assertHealthy(diagnosed);
    const { target, users, path } = diagnosed.document;
    assert.deepEqual([users?.open, target.speaks, target.tls], [20, 'ws', undefined]);
    assert.equal(target.url, 'ws://localhost:9101/play');
    const lines = said('plain');
    const asked = lines.filter(({ headers }) => headers);
    // The probe, and 20 robots.
    assert.equal(asked.length, 21);
    for (const { url, headers } of asked)
      assert.deepEqual(
        [url, headers?.host, headers?.['x-team'], headers?.cookie, headers?.['sec-websocket-protocol']],
        ['/play?t=query-secret', 'localhost:9101', 'header-secret', 'a=cookie-secret; b=2', 'play'],
      );
    const messages = lines.flatMap(({ message = [] }) => message).sort();
    assert.deepEqual(messages, Array.from({ length: 20 }, (_, n) => `message-secret ${n}`).sort());
    // Nothing of it is written down.
    for (const name of readdirSync(path ?? ''))
      assert.doesNotMatch(
        readFileSync(join(path ?? '', name), 'utf8'),
        /(?:query|header|cookie)-secret/,
        name,
      );
    assert.doesNotMatch(readFileSync(join(path ?? '', 'manifest.json'), 'utf8'), /secret/);
  });

  it('a bare stream', async () => {
    const diagnosed = await place.diagnose('--url', 'tcp://localhost:9101', ...LOAD);
    assertHealthy(diagnosed);
    const { target, users } = diagnosed.document;
    assert.deepEqual([users?.open, target.speaks, target.url], [20, 'tcp', 'tcp://localhost:9101']);
  });

  it('TLS: by a certificate that is trusted, by any, by another name', async () => {
    for (const [args, name] of [
      [['--url', 'https://localhost:9102/', '--ca', ca], 'localhost'],
      [['--url', 'https://127.0.0.1:9102/', '--insecure'], false],
      [['--url', 'https://127.0.0.1:9102/', '--ca', ca, '--servername', 'localhost'], 'localhost'],
    ] as const) {
      const before = said('secure').length;
      const diagnosed = await place.diagnose(...args, ...LOAD);
      assertHealthy(diagnosed);
      const { target, users } = diagnosed.document;
      assert.deepEqual([users?.open, target.speaks, target.tls], [20, 'http', true], args.join(' '));
      const lines = said('secure').slice(before);
      // The users, the one that looks first, and those that tell what a request costs.
      assert.equal(lines.length, 20 + 1 + 8);
      for (const one of lines) assert.equal(one.name, name);
    }
  });

  it('TLS: ws and the bare stream', async () => {
    const players = await place.diagnose('--url', 'wss://localhost:9102/play', '--ca', ca, ...LOAD);
    const bare = await place.diagnose('--url', 'tls://localhost:9102', '--ca', ca, ...LOAD);
    for (const diagnosed of [players, bare]) {
      assertHealthy(diagnosed);
      assert.equal(diagnosed.document.users?.open, 20);
    }
    assert.equal(players.document.target.url, 'wss://localhost:9102/play');
  });

  it('a name with several addresses: the one is used at which the server listens, and it says so', async () => {
    const { code, stdout, stderr } = await diagnose('--url', 'http://[::1]:9104/', ...LOAD);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).users.open, 20);
    assert.equal(said('six')[0]?.headers?.host, '[::1]:9104');
    const { stderr: told } = await diagnose('--url', 'http://localhost:9101/', ...LOAD);
    assert.match(told, /^localhost is 127\.0\.0\.1(?: and ::1: 127\.0\.0\.1 is used)?\n/);
    assert.match(told, /\nwatching /);
  });

  it('of several servers on the port the one that takes the address', async () => {
    const pid = await place.serve(NODE, 9105, { env: { SAID: file('one') } });
    await place.serve(NODE, 9105, { env: { SAID: file('two'), HOST: '127.0.0.2' } });
    while (!place.run('ss -ltnH').includes('127.0.0.2:9105')) await new Promise((go) => setTimeout(go, 20));
    const { document } = await place.diagnose('--url', 'http://127.0.0.1:9105/', ...LOAD);
    assert.deepEqual([document.target.pids, document.users?.open], [[pid], 20]);
  });

  it('without --load it names the server alone', async () => {
    const { document } = await place.diagnose('--url', 'http://localhost:9101/', '--for', '300ms');
    assert.deepEqual([document.target.port, document.target.speaks, document.users], [9101, undefined, null]);
  });

  it('with --pid from elsewhere: the host is what the users call it', async () => {
    const url = ['--url', 'https://localhost:9102/', '--ca', ca];
    const { code, stdout, stderr } = await startLab(
      ['diagnose', '--json', '--pid', String(place.holder), ...url, ...LOAD],
      {},
    ).ended;
    // The holder of the namespace is no server: the line says so, which is what is looked for at --pid.
    assert.deepEqual([code, stdout], [2, ''], stderr);
    const [server = ''] = place
      .run("ss -ltnpH 'sport = :9102' | sed 's/.*pid=\\([0-9]*\\).*/\\1/'")
      .split('\n');
    const diagnosed = await startLab(['diagnose', '--json', '--pid', server, ...url, ...LOAD], {}).ended;
    assert.equal(diagnosed.code, 0, diagnosed.stderr);
    const { target, users } = JSON.parse(diagnosed.stdout);
    assert.deepEqual([target.elsewhere, users.open, target.url], [true, 20, 'https://localhost:9102/']);
  });

  const URL_TLS = '--url https://localhost:9102/';
  for (const [what, args, says] of [
    [
      'a certificate that is not trusted',
      ['--url', 'https://localhost:9102/'],
      `${URL_TLS}: its certificate does not verify (self-signed certificate); allowed: --ca FILE, --servername NAME or --insecure`,
    ],
    [
      'a certificate for another name',
      ['--url', 'https://127.0.0.1:9102/', '--ca', 'CA'],
      '--url https://127.0.0.1:9102/: its certificate does not verify (it is for DNS:localhost, not for 127.0.0.1); allowed: --ca FILE, --servername NAME or --insecure',
    ],
    [
      'TLS to a port without',
      ['--url', 'wss://localhost:9101/'],
      '--url wss://localhost:9101/: the server speaks no TLS on this port; allowed: ws://localhost:9101/',
    ],
    [
      'http to a port with TLS',
      ['--url', 'http://localhost:9102/'],
      '--url http://localhost:9102/: the server speaks TLS on this port; allowed: https://localhost:9102/',
    ],
    [
      'ws to a port with TLS',
      ['--url', 'ws://localhost:9102/'],
      '--url ws://localhost:9102/: the server speaks TLS on this port; allowed: wss://localhost:9102/',
    ],
    [
      'tcp to a port with TLS',
      ['--url', 'tcp://localhost:9102'],
      '--url tcp://localhost:9102: the server speaks TLS on this port; allowed: tls://localhost:9102',
    ],
    [
      'a subprotocol that it does not name',
      ['--url', 'ws://localhost:9101/', '--subprotocol', 'chat'],
      '--url ws://localhost:9101/: the server takes none of the subprotocols (it names none); allowed: --subprotocol with one that it speaks, or none',
    ],
    [
      'a subprotocol that it refuses',
      ['--url', 'ws://localhost:9103/', '--subprotocol', 'chat'],
      '--url ws://localhost:9103/: the server takes none of the subprotocols (HTTP 401 with them, 101 without); allowed: --subprotocol with one that it speaks, or none',
    ],
    [
      'a port on which nobody listens',
      ['--url', 'http://localhost:9199/'],
      '--url http://localhost:9199/: nobody listens on port 9199 at 127.0.0.1; allowed: a port that ss -ltn shows, or --pid or --container of a server in another network namespace',
    ],
    [
      'an address at which nobody listens',
      ['--url', 'http://127.0.0.9:9101/'],
      '--url http://127.0.0.9:9101/: nobody listens on port 9101 at 127.0.0.9; allowed: the address at which somebody does (127.0.0.1), or --pid or --container of a server in another network namespace',
    ],
    [
      'a host that is not ours',
      ['--url', 'http://198.51.100.7/'],
      "--url http://198.51.100.7/: 198.51.100.7 is not of this machine or its containers; allowed: one that is, or this verb on the server's own machine, which it has to look at; threshold --i-may 198.51.100.7 does without",
    ],
    [
      'a host that is not ours, though its name is repeated',
      ['--url', 'http://198.51.100.7/', '--i-may', '198.51.100.7'],
      "--url http://198.51.100.7/: 198.51.100.7 is not of this machine or its containers; allowed: one that is, or this verb on the server's own machine, which it has to look at; threshold --i-may 198.51.100.7 does without",
    ],
    [
      'a name that does not resolve',
      ['--url', 'http://nobody.invalid/'],
      /^--url http:\/\/nobody\.invalid\/: nobody\.invalid does not resolve \(\w+\); allowed: a name that has an address, or an address$/,
    ],
    [
      'two ways to name it',
      ['--url', 'http://localhost:9101/', '--port', '9101'],
      '--url and --port: the URL says it; allowed: one of them',
    ],
    [
      'no URL',
      ['--url', 'localhost:9101'],
      '--url localhost:9101: no scheme; allowed: a URL like wss://localhost:8443/play (ws, wss, http, https, tcp or tls)',
    ],
    [
      'a file that is not there',
      ['--url', 'ws://localhost:9101/', '--send', '@/no/such/file'],
      '--send /no/such/file: cannot be read (ENOENT); allowed: a file that this user may read',
    ],
    [
      'a header without a colon',
      ['--url', 'ws://localhost:9101/', '--header', 'secret'],
      "--header: no name and colon in it; allowed: 'Name: value'",
    ],
  ] as const)
    refused(`bad input: ${what}`, async () => {
      const given = args.map((word) => (word === 'CA' ? ca : word));
      const { code, stdout, stderr } = await diagnose(...given, ...LOAD);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      const line = stderr.trim().replace(/^lab: /, '');
      if (typeof says === 'string') assert.equal(line, says);
      else assert.match(line, says);
    });

  describe('net/http of Go', () => {
    skipWithout('go');
    before(async function () {
      // Where nothing has compiled the library yet.
      this.timeout(300_000);
      const { certificate, key } = selfSigned(place.folder);
      ca = certificate;
      const server = buildGo(place);
      await place.serve([server], 9106, { env: { CERTIFICATE: certificate, KEY: key } });
      await place.serve([server], 9107);
    });

    it('TLS', async () => {
      const diagnosed = await place.diagnose('--url', 'https://localhost:9106/', '--ca', ca, ...LOAD);
      assertHealthy(diagnosed);
      assert.equal(diagnosed.document.users?.open, 20);
    });

    for (const [url, says] of [
      ['http://localhost:9106/', 'the server speaks TLS on this port; allowed: https://localhost:9106/'],
      ['tcp://localhost:9106', 'the server speaks TLS on this port; allowed: tls://localhost:9106'],
      ['https://localhost:9107/', 'the server speaks no TLS on this port; allowed: http://localhost:9107/'],
    ] as const)
      refused(`bad input: ${url}`, async () => {
        const { code, stderr } = await diagnose('--url', url, ...LOAD);
        assert.equal(code, 2, stderr);
        assert.equal(stderr, `lab: --url ${url}: ${says}\n`);
      });
  });
});

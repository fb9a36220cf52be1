import assert from 'node:assert/strict';
import { retryUntil } from '../../../common/waiting.ts';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { Box } from './containers.ts';

const it = oneIn(2);

const NOFILE = 128;
const SERVER = `require('http').createServer((_, answer) => answer.end('ok')).listen(8080, '0.0.0.0')`;
const ASK = String.raw`const { connect } = require('net');
const ask = (stay) => connect(8080, '127.0.0.1', function () { this.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'); })
  .on('data', function () { if (!stay) this.end(); }).on('error', () => {});`;
/** Short requests beside some that stay. */
const ORDINARY = `${ASK} for (let n = 0; n < 10; n += 1) ask(true);
let asked = 0; const timer = setInterval(() => { ask(false); if ((asked += 1) === 60) clearInterval(timer); }, 20);
setTimeout(() => process.exit(0), 2000);`;
/** More than the server has descriptors for, one after another. */
const TOO_MANY = `${ASK} let asked = 0;
const timer = setInterval(() => { ask(true); if ((asked += 1) === 200) clearInterval(timer); }, 5);
setTimeout(() => process.exit(0), 2500);`;
/** Tells within how many ms `ss -E` shows the end of a connection. */
const WITNESS = `const { spawn } = require('child_process'); const { connect } = require('net');
const ss = spawn('stdbuf', ['-oL', 'ss', '-E', '-H', '-t', '-n', '-i', '-O', 'sport = :8080']);
ss.on('error', ({ message }) => { console.log(message); process.exit(1); });
let at; ss.stdout.on('data', (line) => { console.log(JSON.stringify({ ms: Date.now() - at, line: String(line) })); ss.kill(); process.exit(0); });
setTimeout(() => { const socket = connect(8080, '127.0.0.1', () => { at = Date.now(); socket.end(); }); }, 500);
setTimeout(() => process.exit(2), 5000);`;

describe('lab diagnose: in a container beside the server, without any capability', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);

  /** A server that runs as the image's ordinary user, as the container beside it does, or as root. */
  const serve = (User: 'node' | 'root') =>
    Box.start({
      User,
      Entrypoint: ['node'],
      Cmd: ['-e', SERVER],
      HostConfig: { NetworkMode: 'none', Ulimits: [{ Name: 'nofile', Soft: NOFILE, Hard: NOFILE }] },
    });

  /** What `docker run … IMAGE diagnose --port 8080 --for 4s --json` prints beside the server, and beside such a load. */
  async function diagnose(server: Box, load: string) {
    const listens = `const s = require('net').connect(8080, '127.0.0.1', () => process.exit(0)).on('error', () => process.exit(1));`;
    const ready = async () => {
      await using probe = await server.beside(['-e', listens], { Entrypoint: ['node'] });
      return (await probe.ended()) === 0 || undefined;
    };
    assert.ok(await retryUntil(ready, { everyMs: 100, forMs: 20_000 }), 'the server does not listen');
    await using lab = await server.beside(['diagnose', '--port', '8080', '--for', '5s', '--json']);
    const watching = async () => (await lab.said('stderr')).includes('watching') || undefined;
    assert.ok(
      await retryUntil(watching, { everyMs: 50, forMs: 20_000 }),
      `it does not watch: ${await lab.said('stderr')}`,
    );
    await using clients = await server.beside(['-e', load], { Entrypoint: ['node'] });
    const code = await lab.ended();
    assert.equal(await clients.ended(), 0);
    const stdout = await lab.said('stdout');
    assert.notEqual(stdout, '', await lab.said('stderr'));
    const document = JSON.parse(stdout) as DiagnosisDocument;
    const words = (word: string) =>
      document.verdicts.filter(({ verdict }) => verdict === word).map(({ cause }) => cause);
    return { code, document, words };
  }

  it('`ss -E` tells of the end of a connection at once', async () => {
    await using server = await serve('root');
    await using witness = await server.beside(['-e', WITNESS], { Entrypoint: ['node'] });
    assert.equal(await witness.ended(), 0, await witness.said('stdout'));
    const { ms, line } = JSON.parse(await witness.said('stdout'));
    assert.match(line, /127\.0\.0\.1:8080\s+127\.0\.0\.1:\d+ .*segs_in:/);
    assert.ok(ms < 200, `${ms} ms`);
  });

  for (const user of ['node', 'root'] as const)
    it(`a healthy server of ${user === 'node' ? 'the same user' : 'another user'} is not accused`, async () => {
      await using server = await serve(user);
      const { code, document, words } = await diagnose(server, ORDINARY);
      assert.deepEqual([words('confirmed'), words('contributing'), words('unknown')], [[], [], []]);
      assert.equal(code, 0);
      assert.equal(document.target.port, 8080);
      assert.equal(document.complete, true);
      assert.equal(document.unseen.length > 0, user === 'root', document.unseen.join('; '));
    });

  it('out of descriptors, and they may be read: named', async () => {
    await using server = await serve('node');
    const { words, document } = await diagnose(server, TOO_MANY);
    assert.deepEqual(words('confirmed'), ['fd-exhaustion'], JSON.stringify(document.verdicts));
    assert.equal(document.settings.nofile, NOFILE);
  });

  it('out of descriptors, and they are of another user: left open, and said so', async () => {
    await using server = await serve('root');
    const { words, document } = await diagnose(server, TOO_MANY);
    assert.ok(words('insufficient-data').includes('fd-exhaustion'), JSON.stringify(document.verdicts));
    assert.deepEqual(words('confirmed'), []);
    assert.match(document.unseen.join('; '), /root|permission|not readable|may not|cannot|hidden/i);
  });
});

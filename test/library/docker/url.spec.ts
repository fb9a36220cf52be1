import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { GatewayContainer } from '../../../library/gateway-container.ts';
import type { StartedGatewayContainer } from '../../../library/started-gateway-container.ts';
import { sustains } from '../../../library/sustains.ts';
import { selfSigned } from '../../diagnose/certificates.ts';
import { skipWithout } from '../../diagnose/place.ts';
import { skipWhenMissing } from '../../skip.ts';
import { foreignImage } from '../image.ts';

/** Answers in TLS with the path that was asked for, and fails who does not call it by its name. */
const SERVER = `const { createServer } = require('node:https');
const { CERTIFICATE: cert, KEY: key } = process.env;
createServer({ cert, key }, ({ url, headers }, answer) => {
  answer.statusCode = headers.host === 'localhost' && headers['x-team'] === 'blue' ? 200 : 500;
  answer.end('asked for ' + url);
}).listen(8443);`;

describe('library: a server by its URL, on docker', function () {
  this.timeout(180_000);
  skipWhenMissing(docker);
  skipWithout('openssl');
  const folder = mkdtempSync(join(tmpdir(), 'resetlab-url-'));
  const ca = () => readFileSync(join(folder, 'localhost.pem'), 'utf8');
  let image: Awaited<ReturnType<typeof foreignImage>>;
  let server: StartedGatewayContainer;

  before(async () => {
    image = await foreignImage();
    const { certificate, key } = selfSigned(folder);
    server = await new GatewayContainer(image.name)
      .withListenPort(8443)
      .withEnvironment({
        CERTIFICATE: readFileSync(certificate, 'utf8'),
        KEY: readFileSync(key, 'utf8'),
      })
      .withEntrypoint(['node', '-e', SERVER])
      .start();
  });

  after(async () => {
    await server?.stop();
    await image?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is spoken to as it is called, in TLS', async () => {
    const { open, kind } = await sustains(server, 20, {
      url: 'https://localhost/play?a=1',
      headers: { 'X-Team': 'blue' },
      expectFirst: 'asked for /play?a=1',
      tls: { ca: ca() },
    });
    assert.deepEqual([open, kind], [20, 'http']);
  });

  it('is not, where it would be spoken to in vain: one line', async () => {
    await assert.rejects(sustains(server, 1, { url: 'https://localhost/' }), {
      name: 'UsageError',
      message:
        'sustains: url https://localhost/: its certificate does not verify (self-signed certificate); allowed: tls.ca, tls.servername or tls.insecure',
    });
    await assert.rejects(sustains(server, 1, { url: 'http://localhost/' }), {
      name: 'UsageError',
      message:
        'sustains: url http://localhost/: the server speaks TLS on this port; allowed: https://localhost/',
    });
  });
});

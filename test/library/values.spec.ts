import assert from 'node:assert/strict';
import { UsageError } from '../../common/errors.ts';
import { GatewayContainer } from '../../library/gateway-container.ts';
import { checkLoad } from '../../library/load-options.ts';
import { engineRefusal } from '../../library/refusal.ts';

const container = () => new GatewayContainer('any:image');

describe('library: values', () => {
  for (const [call, says] of [
    [() => container().withNofile(0), 'withNofile: 0 is not allowed: a whole number from 8 to 1073741816'],
    [
      () => container().withNofile(64.5),
      'withNofile: 64.5 is not allowed: a whole number from 8 to 1073741816',
    ],
    [
      () => container().withNofile('64' as never),
      'withNofile: "64" is not allowed: a whole number from 8 to 1073741816',
    ],
    [
      () => container().withSomaxconn(65_536),
      'withSomaxconn: 65536 is not allowed: a whole number from 1 to 65535',
    ],
    [
      () => container().withSynBacklog(0),
      'withSynBacklog: 0 is not allowed: a whole number from 1 to 1048576',
    ],
    [
      () => container().withAbortOnOverflow(1 as never),
      'withAbortOnOverflow: 1 is not allowed: true or false',
    ],
    [
      () => container().withSyncookies(3 as never),
      'withSyncookies: 3 is not allowed: a whole number from 0 to 2',
    ],
    [() => container().withCpus(0), 'withCpus: 0 is not allowed: CPUs from 0.01 to 1024, e.g. 0.5'],
    [() => container().withMemory(5), 'withMemory: 5 is not allowed: a whole number from 6 to 1048576'],
    [
      () => container().withListenPort(70_000),
      'withListenPort: 70000 is not allowed: a whole number from 1 to 65535',
    ],
    [
      () => container().withSysctls({ somaxconn: 5 }),
      'withSysctls: "somaxconn" is not allowed: a full kernel name, such as net.core.somaxconn',
    ],
    [
      () => container().withSysctls({ 'net.core.somaxconn': '5\n' }),
      'withSysctls: net.core.somaxconn: "5\\n" is not allowed: one line of text',
    ],
    [
      () => container().withNetworkMode('host'),
      'withNetworkMode: "host" is not allowed: the name of a network of your own',
    ],
    [
      () => checkLoad('sustains', { kind: 'udp' as never }),
      'sustains: kind: "udp" is not allowed: ws or http or tcp',
    ],
    [
      () => checkLoad('sustains', { url: 'localhost' }),
      'sustains: url localhost: no scheme; allowed: a URL like wss://localhost:8443/play (ws, wss, http, https, tcp or tls)',
    ],
    [
      () => checkLoad('sustains', { url: 'ws://localhost/', kind: 'http' }),
      'sustains: kind: "http" is not allowed: ws, as the url says, or nothing',
    ],
    [
      () => checkLoad('sustains', { url: 'ws://localhost/', path: '/a' }),
      'sustains: path: "/a" is not allowed: nothing beside url, which has a path',
    ],
    [
      () => checkLoad('sustains', { kind: 'http', headers: { 'X-A': 'secret\n' + 'b' } }),
      'sustains: headers X-A: a line break, a control character or a character beyond latin1; allowed: text in latin1, on one line',
    ],
    [
      () => checkLoad('sustains', { kind: 'http', headers: { 'X-A': 5 as never } }),
      'sustains: headers.X-A: "number" is not allowed: text',
    ],
    [
      () => checkLoad('sustains', { kind: 'http', cookies: [] as never }),
      'sustains: cookies: "array" is not allowed: an object',
    ],
    [
      () => checkLoad('sustains', { kind: 'http', tls: { insecure: true } }),
      'sustains: tls.insecure: no TLS without a URL that has it; allowed: with wss, https or tls',
    ],
    [
      () => checkLoad('sustains', { url: 'https://localhost/', send: 'x' }),
      'sustains: send: http users send a GET and nothing else; allowed: with ws, wss, tcp or tls',
    ],
    [
      () => checkLoad('sustains', undefined as never),
      'sustains: undefined is not allowed: an object with kind or url',
    ],
    [
      () => checkLoad('threshold', { kind: 'ws', path: 'chat' }),
      'threshold: path: "chat" is not allowed: a path in ASCII without spaces, beginning with /',
    ],
    [
      () => checkLoad('threshold', { kind: 'ws', holdMs: -1 }),
      'threshold: holdMs: -1 is not allowed: a whole number from 0 to 86400000',
    ],
  ] as [() => unknown, string][]) {
    it(says, () => {
      assert.throws(call, (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.equal(error.message, says);
        return true;
      });
    });
  }

  it('publishes no port', () => {
    assert.throws(
      () => container().withExposedPorts(),
      /^UsageError: withExposedPorts: a GatewayContainer publishes no port: /,
    );
  });

  it('are given back when they are good, with every default', () => {
    assert.deepEqual(checkLoad('sustains', { kind: 'tcp', rampMs: 500 }), {
      kind: 'tcp',
      path: '/',
      rampMs: 500,
      holdMs: 1000,
      connectTimeoutMs: 12_000,
      settleMs: 30_000,
      signal: undefined,
      url: undefined,
      options: undefined,
    });
  });

  it('a URL says what users speak, and how they call the server', () => {
    const { kind, path, options } = checkLoad('sustains', {
      url: 'wss://shop.example/play?a=1',
      headers: { 'X-A': ['1', '2'] },
      cookies: { a: 'b', c: 'd' },
      subprotocols: ['play'],
      send: new Uint8Array([0xff]),
      expectFirst: 'welcome',
      tls: { insecure: true },
    });
    assert.deepEqual([kind, path], ['ws', '/play?a=1']);
    assert.deepEqual(options, {
      tls: { insecure: true, servername: 'shop.example' },
      headers: [
        ['Host', 'shop.example'],
        ['X-A', '1'],
        ['X-A', '2'],
        ['Cookie', 'a=b; c=d'],
      ],
      subprotocols: ['play'],
      send: '/w==',
      expectFirst: 'welcome',
    });
  });

  it('a refusal of the engine that is about no setting is left as it is', () => {
    const error = new Error('no such image');
    assert.equal(
      engineRefusal(error, { Sysctls: { 'net.core.somaxconn': '5' }, NanoCpus: 1, Memory: 1 }),
      error,
    );
  });
});

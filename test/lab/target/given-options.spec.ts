import assert from 'node:assert/strict';
import { UsageError } from '../../../common/errors.ts';
import { type GivenOptions, targetOptions } from '../../../lab/target/given-options.ts';
import { readTargetUrl } from '../../../lab/target/target-url.ts';
import { optionsText, optionsVariables, type TargetOptions } from '../../../protocol/target-options.ts';

const NOTHING: GivenOptions = { headers: [], cookies: [], subprotocols: [] };
const NAMES = {
  headers: '--header',
  cookies: '--cookie',
  subprotocols: '--subprotocol',
  send: '--send',
  expectFirst: '--expect-first',
  ca: '--ca',
  insecure: '--insecure',
  servername: '--servername',
};

function read(url: string, given: Partial<GivenOptions> = {}): TargetOptions | undefined {
  const target = readTargetUrl('--url', url);
  return targetOptions({ ...NOTHING, ...given }, NAMES, { kind: target.kind, url: target });
}

describe('what users are to say', () => {
  it('calls the server as its URL does, with the port where that is not the usual one', () => {
    const hostOf = (url: string) => read(url)?.headers;
    assert.deepEqual(hostOf('ws://localhost:8080/'), [['Host', 'localhost:8080']]);
    assert.deepEqual(hostOf('http://localhost:80/'), [['Host', 'localhost']]);
    assert.deepEqual(hostOf('https://shop.example/'), [['Host', 'shop.example']]);
    assert.deepEqual(hostOf('https://[::1]:8443/'), [['Host', '[::1]:8443']]);
    assert.deepEqual(hostOf('tcp://localhost:6379'), undefined);
    assert.deepEqual(read('http://localhost/', { headers: [['host', 'other']] })?.headers, [
      ['host', 'other'],
    ]);
  });

  it('asks for the name in TLS, unless it is an address or another was given', () => {
    assert.deepEqual(read('https://localhost/')?.tls, { servername: 'localhost' });
    assert.deepEqual(read('https://127.0.0.1/')?.tls, {});
    assert.deepEqual(read('tls://127.0.0.1:1/', { servername: 'shop.example', insecure: true })?.tls, {
      insecure: true,
      servername: 'shop.example',
    });
    assert.equal(read('http://localhost/')?.tls, undefined);
  });

  it('has one field of cookies, and a message as it was', () => {
    const options = read('ws://a/', {
      headers: [
        ['X-A', ' b '],
        ['cookie', 'a=1'],
      ],
      cookies: ['b=2', 'c=3'],
      subprotocols: ['x', 'y'],
      send: Buffer.from('ready {n}'),
      expectFirst: 'go',
    });
    assert.deepEqual(options, {
      headers: [
        ['Host', 'a'],
        ['X-A', 'b'],
        ['Cookie', 'a=1; b=2; c=3'],
      ],
      subprotocols: ['x', 'y'],
      send: Buffer.from('ready {n}').toString('base64'),
      expectFirst: 'go',
    });
  });

  for (const [url, given, says] of [
    ['ws://a/', { headers: [['X-A', 'secret\r\nY: 1']] }, '--header X-A: a line break'],
    [
      'ws://a/',
      { headers: [['X-A', 'secret\u20ac']] },
      '--header X-A: a line break, a control character or a',
    ],
    ['ws://a/', { headers: [['X A', 'secret']] }, '--header: not a name of a field'],
    ['ws://a/', { headers: [['Upgrade', 'secret']] }, '--header Upgrade: users write this field themselves'],
    ['ws://a/', { headers: [['connection', 'secret']] }, '--header connection: users write this field'],
    ['ws://a/', { headers: [['Sec-WebSocket-Protocol', 'secret']] }, /themselves; allowed: --subprotocol$/],
    ['http://a/', { headers: [['Content-Length', '1']] }, '--header Content-Length: users write'],
    ['tcp://a:1', { headers: [['X-A', 'secret']] }, '--header: tcp users send no request'],
    ['tcp://a:1', { cookies: ['a=secret'] }, '--cookie: tcp users send no request'],
    ['http://a/', { cookies: ['secret'] }, '--cookie: not a cookie'],
    ['http://a/', { cookies: ['a=secret; b=1'] }, '--cookie a: a line break'],
    ['http://a/', { subprotocols: ['x'] }, '--subprotocol: http has no subprotocol; allowed: with ws or wss'],
    ['ws://a/', { subprotocols: ['x y'] }, '--subprotocol: not a name'],
    ['ws://a/', { subprotocols: ['x', 'x'] }, '--subprotocol: one name twice'],
    [
      'https://a/',
      { send: Buffer.from('secret') },
      '--send: http users send a GET and nothing else; allowed:',
    ],
    ['ws://a/', { send: Buffer.alloc(0) }, '--send: 0 bytes; allowed: 1 byte to 1 MiB'],
    ['ws://a/', { send: Buffer.alloc(1024 * 1024 + 1) }, '--send: 1048577 bytes; allowed:'],
    ['ws://a/', { expectFirst: '' }, '--expect-first: nothing to expect'],
    ['ws://a/', { insecure: true }, '--insecure: no TLS without a URL that has it; allowed: with wss, https'],
    ['tcp://a:1', { servername: 'a' }, '--servername: no TLS without'],
    ['http://a/', { ca: 'x' }, '--ca: no TLS without'],
    ['wss://a/', { ca: 'x', insecure: true }, '--insecure and --ca: '],
    ['wss://a/', { ca: 'x' }, '--ca: no certificate in it; allowed: certificates in PEM'],
    [
      'wss://a/',
      { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      '--ca: a certificate that cannot be read',
    ],
    ['wss://a/', { servername: '127.0.0.1' }, '--servername: not a name'],
    ['wss://a/', { servername: 'a b' }, '--servername: not a name'],
  ] as [string, Partial<GivenOptions>, string | RegExp][])
    it(`refuses ${says}`, () => {
      assert.throws(
        () => read(url, given),
        (error) => {
          assert.ok(error instanceof UsageError);
          if (typeof says === 'string') assert.ok(error.message.startsWith(says), error.message);
          else assert.match(error.message, says);
          assert.match(error.message, /; allowed: /);
          assert.doesNotMatch(error.message, /secret|\n/);
          return true;
        },
      );
    });

  it('goes through an environment whole, whatever its length', () => {
    const options = { send: 'a'.repeat(1_400_000), expectFirst: 'é€😀' };
    const variables = optionsVariables(options);
    // MAX_ARG_STRLEN of Linux, with the name and a zero.
    for (const [name, value] of Object.entries(variables))
      assert.ok(Buffer.byteLength(`${name}=${value}`) < 128 * 1024, name);
    assert.deepEqual(JSON.parse(optionsText(variables)), options);
    assert.equal(optionsText(optionsVariables(undefined)), '');
  });
});

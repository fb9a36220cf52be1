import assert from 'node:assert/strict';
import { UsageError } from '../../../common/errors.ts';
import { readTargetUrl } from '../../../lab/target/target-url.ts';

const read = (text: string) => readTargetUrl('--url', text);

describe('the URL of a server', () => {
  it('gives what users speak, and where', () => {
    const [host, path] = ['localhost', '/'];
    assert.deepEqual(read('wss://localhost:8443/play?x=1'), {
      ...{ kind: 'ws', tls: true, host, port: 8443, path: '/play?x=1' },
    });
    assert.deepEqual(read('ws://localhost'), { kind: 'ws', tls: false, host, port: 80, path });
    assert.deepEqual(read('HTTPS://localhost'), { kind: 'http', tls: true, host, port: 443, path });
    assert.deepEqual(read('tcp://localhost:6379'), { kind: 'tcp', tls: false, host, port: 6379, path });
    assert.deepEqual(read('tls://127.0.0.1:6380/'), {
      ...{ kind: 'tcp', tls: true, host: '127.0.0.1', port: 6380, path },
    });
    assert.equal(read('http://[::1]:8080/a').host, '::1');
    assert.equal(read('tcp://[::1]:8080').host, '::1');
  });

  for (const [text, why] of [
    ['localhost:8080', 'no scheme'],
    ['8080', 'no scheme'],
    ['ftp://localhost/', 'no such scheme: ftp'],
    ['constructor://localhost/', 'no such scheme: constructor'],
    ['ws://', 'not a URL'],
    ['ws://localhost:70000/', 'not a URL'],
    ['ws://localhost:0/', 'port 0'],
    ['tcp://localhost', 'no port'],
    ['tcp://localhost:80/play', 'tcp has no path'],
    ['https://me:secret@localhost/', 'a user in a URL'],
    ['http://localhost/#a', 'a fragment, which is never sent'],
  ] as const)
    it(`refuses ${text}: ${why}`, () => {
      assert.throws(
        () => read(text),
        (error) =>
          error instanceof UsageError && error.message.startsWith(`--url ${text}: ${why}; allowed: `),
      );
    });
});

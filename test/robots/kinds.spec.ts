import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { readSettings } from '../../robots/robots-settings.ts';
import { oneIn } from '../whole.ts';
import { crowd, Fleet, Listener, lone } from './tools.ts';

const HTTP = { KIND: 'http', TARGET_PATH: '/' };
const TCP = { KIND: 'tcp' };
const HELD = { HOLD_MS: 200 };

/** A node:http server on a port of its own. */
class Site {
  readonly server: Server;

  private constructor(answer: RequestListener) {
    this.server = createServer(answer);
  }

  static async start(answer: RequestListener): Promise<Site> {
    const site = new Site(answer);
    await new Promise<void>((resolve) => site.server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose]() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function fate(port: number, env: Record<string, string | number>) {
  const { outcome, stage, errno, detail } = await lone(port, env);
  return [outcome, stage, errno, detail].filter((part) => part !== undefined).join(' | ');
}

describe('robots that speak http', () => {
  /** Of each table a part. */
  const [counted, held, failed] = [oneIn(4), oneIn(4), oneIn(3)];

  it('ask for TARGET_PATH with keep-alive, are open at the response, and stay connected', async () => {
    const asked: string[] = [];
    await using site = await Site.start((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.connection} ${request.headers.host}`);
      response.end('hello');
    });
    let connected = 0;
    site.server.on('connection', () => connected++);
    const { counts, users, done } = await crowd(site.port, 20, { ...HTTP, TARGET_PATH: '/a?b=c', ...HELD });
    assert.deepEqual(counts, { 'open open': 20 });
    assert.deepEqual([done.open, done.failed, connected], [20, 0, 20]);
    assert.deepEqual([...new Set(asked)], [`GET /a?b=c keep-alive 127.0.0.1:${site.port}`]);
    assert.ok(users.every(({ endedMs, openMs }) => endedMs === undefined && openMs !== undefined));
  });

  for (const status of [200, 204, 301, 304, 401, 403, 404, 408, 418, 431])
    counted(`count ${status} as served, since the server did answer`, async () => {
      await using site = await Site.start((_, response) => response.writeHead(status).end());
      assert.equal(await fate(site.port, HTTP), 'open | open');
    });

  for (const status of [429, 500, 501, 502, 503, 504])
    counted(`count ${status} as a failure, with its status line`, async () => {
      await using site = await Site.start((_, response) =>
        response.writeHead(status, { 'retry-after': '7' }).end('no room'),
      );
      const user = await lone(site.port, HTTP);
      assert.deepEqual([user.outcome, user.stage, user.status], ['protocol', 'upgrade', status]);
      const line = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
      assert.equal(user.detail, line);
      assert.ok(user.said?.startsWith(`${line}\\r\\nretry-after: 7\\r\\n`), user.said);
    });

  it('keep the status of a later request, at which they were open', async () => {
    let asked = 0;
    await using site = await Site.start((_, response) => response.writeHead(++asked === 1 ? 200 : 503).end());
    const user = await lone(site.port, { ...HTTP, REQUESTS: 2, REQUEST_GAP_MS: 50 });
    assert.deepEqual([user.outcome, user.stage, user.status], ['protocol', 'open', 503]);
    assert.match(user.said ?? '', /^HTTP\/1\.1 503 /);
  });

  for (const [what, answer] of [
    ['with a length', (response) => response.writeHead(200, { 'content-length': 5 }).end('hello')],
    ['in chunks', (response) => response.write('hello', () => response.end('0\r\n\r\n'))],
    ['without a body', (response) => response.writeHead(204).end()],
    [
      'after an interim one',
      (response) => response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.end()),
    ],
  ] as [string, (response: Parameters<RequestListener>[1]) => void][]) {
    it(`are served by an answer ${what}, closed in order`, async () => {
      await using site = await Site.start((_, response) => {
        response.setHeader('connection', 'close');
        answer(response);
      });
      const user = await lone(site.port, { ...HTTP, ...HELD });
      assert.deepEqual([user.outcome, user.stage, user.detail], ['open', 'open', undefined]);
      assert.ok(user.endedMs !== undefined, 'the line tells when it was closed');
    });
  }

  it('are served by a body that ends with the connection', async () => {
    await using listener = await Listener.answering('HTTP/1.0 200 OK\r\n\r\nhello', (socket) => socket.end());
    assert.equal(await fate(listener.port, { ...HTTP, ...HELD }), 'open | open');
  });

  for (const [what, answer] of [
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    [
      'whose data looks like the last chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n0\r\n\r\n',
    ],
    ['whose chunk has no size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n\r\n'],
  ] as const) {
    it(`see an eof in the middle of an answer ${what}`, async () => {
      await using listener = await Listener.answering(answer, (socket) => socket.end());
      assert.equal(await fate(listener.port, { ...HTTP, ...HELD }), 'eof | open');
    });
  }

  it('are served by chunks and trailers that come byte by byte', async () => {
    await using listener = await Listener.answering('', async (socket) => {
      socket.setNoDelay(true);
      const answer =
        'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nDigest: x\r\n\r\n';
      for (const byte of answer)
        await new Promise<void>((resolve) => socket.write(byte, 'latin1', () => setImmediate(resolve)));
      socket.end();
    });
    assert.equal(await fate(listener.port, { ...HTTP, ...HELD }), 'open | open');
  });

  it('see a server that resets, ends, stays silent or speaks something else', async () => {
    await using resets = await Listener.start((socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    );
    await using ends = await Listener.start((socket) => socket.once('data', () => socket.end()));
    await using silent = await Listener.start(() => {});
    await using other = await Listener.answering('SSH-2.0-OpenSSH_9.6\r\n');
    assert.equal(await fate(resets.port, HTTP), 'reset | upgrade | ECONNRESET');
    assert.equal(await fate(ends.port, HTTP), 'eof | upgrade');
    assert.equal(
      await fate(silent.port, { ...HTTP, CONNECT_TIMEOUT_MS: 60 }),
      'timeout | upgrade | our own deadline: the answer to the request took longer than 60 ms',
    );
    assert.equal(await fate(other.port, HTTP), 'protocol | upgrade | not an HTTP response');
  });

  for (const [how, cut, outcome] of [
    ['resets', (socket: Socket) => socket.resetAndDestroy(), 'reset | open | ECONNRESET'],
    ['ends', (socket: Socket) => socket.end(), 'eof | open'],
    ['closes', (socket: Socket) => socket.destroy(), 'eof | open'],
  ] as const)
    for (const [what, announced, fields] of [
      ['had said nothing', false, ''],
      ['had said that it would keep the connection', false, 'Connection: keep-alive\r\n'],
      ['had said that it would close, but not so soon', false, 'Keep-Alive: timeout=5, max=100\r\n'],
      ['had said no whole second', false, 'Keep-Alive: timeout=0\r\n'],
      ['had said that it would close', true, 'Connection: close\r\n'],
    ] as const)
      held(`are held, and the server ${how} which ${what}`, async () => {
        const answer = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${fields}\r\nok`;
        await using listener = await Listener.answering(answer, (socket) =>
          setTimeout(() => cut(socket), 20),
        );
        const { done, users } = await crowd(listener.port, 5, { ...HTTP, ...HELD });
        assert.equal(done.failed, announced ? 0 : 5);
        for (const { outcome: is, stage, errno, said, endedMs } of users) {
          const fared = [is, stage, errno].filter((part) => part !== undefined).join(' | ');
          assert.equal(fared, announced ? 'open | open' : outcome);
          assert.equal(said, announced ? undefined : 'HTTP/1.1 200 OK');
          assert.ok(endedMs !== undefined);
        }
      });

  it('were served in full by HTTP/1.0, with or without a length', async () => {
    for (const length of ['', 'Content-Length: 2\r\n']) {
      const answer = `HTTP/1.0 200 OK\r\n${length}\r\nok`;
      await using listener = await Listener.answering(answer, (socket) => socket.end());
      assert.equal(await fate(listener.port, { ...HTTP, ...HELD }), 'open | open');
    }
  });

  it('do not take a reset for the end of an answer without a length', async () => {
    await using listener = await Listener.answering('HTTP/1.0 200 OK\r\n\r\nok', (socket) =>
      setTimeout(() => socket.resetAndDestroy(), 20),
    );
    assert.equal(await fate(listener.port, { ...HTTP, ...HELD }), 'reset | open | ECONNRESET');
  });

  it('are cut by a server that closes at the idle time which it had announced', async () => {
    await using site = await Site.start((_, response) => response.end('hello'));
    site.server.keepAliveTimeout = 1000;
    site.server.keepAliveTimeoutBuffer = 0;
    const user = await lone(site.port, { ...HTTP, HOLD_MS: 1800 });
    assert.deepEqual([user.outcome, user.stage], ['eof', 'open']);
  });

  it('keep what a server says before it closes on somebody who has asked no more', async () => {
    await using listener = await Listener.answering(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      (socket) => setTimeout(() => socket.end('HTTP/1.1 408 Request Time-out\r\n\r\n'), 20),
    );
    const { outcome, stage, said } = await lone(listener.port, { ...HTTP, ...HELD });
    assert.deepEqual([outcome, stage, said], ['eof', 'open', 'HTTP/1.1 408 Request Time-out\\r\\n\\r\\n']);
  });

  for (const [what, answer, says, status] of [
    ['no HTTP', '-ERR wrong protocol\r\n', 'protocol not an HTTP response', undefined],
    ['HTTP/2', 'HTTP/2 503\r\n\r\n', 'protocol HTTP/2 503', undefined],
    ['a status of two digits', 'HTTP/1.1 50\r\n\r\n', 'protocol HTTP/1.1 50', undefined],
    ['a status that nobody asked for', 'HTTP/1.1 101 Go\r\n\r\n', 'protocol HTTP/1.1 101 Go', undefined],
    ['a status line that is cut off', 'HTTP/1.1 5', 'eof', undefined],
    ['a head that is cut off', 'HTTP/1.1 503 Busy\r\nRetry-Af', 'eof', undefined],
    ['100 and no more', 'HTTP/1.1 100 Continue\r\n\r\n', 'eof', undefined],
    [
      'several interim answers, then 503',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n',
      'protocol HTTP/1.1 503 Busy',
      503,
    ],
    [
      'no line ends',
      'HTTP/1.1 200 OK'.padEnd(70_000, 'x'),
      'protocol no end of the response head',
      undefined,
    ],
    [
      'interim answers without an end',
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3000),
      'protocol no end of the response head',
      undefined,
    ],
  ] as const)
    for (const KIND of ['http', 'ws'])
      failed(`take for a failure of ${KIND}: ${what}`, async () => {
        await using listener = await Listener.answering(answer, (socket) => socket.end());
        const user = await lone(listener.port, { KIND, ...HELD });
        if (KIND === 'ws' && what.includes('nobody asked for')) {
          assert.equal(user.detail, '101 without Upgrade: websocket');
          return;
        }
        assert.ok(`${user.outcome} ${user.detail ?? ''}`.startsWith(says), `${user.outcome} ${user.detail}`);
        assert.deepEqual([user.stage, user.status], ['upgrade', status]);
        const first = answer.slice(0, 120).replaceAll('\r', '\\r').replaceAll('\n', '\\n');
        assert.equal(user.said, first);
      });

  it('keep what had come of an answer that they waited for in vain', async () => {
    await using listener = await Listener.answering('HTTP/1.1 200');
    for (const KIND of ['http', 'ws']) {
      const { outcome, stage, said } = await lone(listener.port, { KIND, CONNECT_TIMEOUT_MS: 300 });
      assert.deepEqual([outcome, stage, said], ['timeout', 'upgrade', 'HTTP/1.1 200']);
    }
  });

  it('are served after several interim answers, each in a packet of its own', async () => {
    await using listener = await Listener.answering('', async (socket) => {
      socket.setNoDelay(true);
      for (const part of [
        'HTTP/1.1 100 Continue\r\n\r\n',
        'HTTP/1.1 103 Early Hints\r\nLi',
        'nk: </a>\r\n\r\nHTTP/1.1 1',
        '02 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      ]) {
        socket.write(part);
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    });
    assert.equal(await fate(listener.port, { ...HTTP, ...HELD }), 'open | open');
  });

  it('fail, the rest, at a server that takes a few sockets and closes what is more', async () => {
    await using site = await Site.start((_, response) => response.end('hello'));
    site.server.maxConnections = 7;
    const { done, users } = await crowd(site.port, 20, { ...HTTP, ...HELD });
    assert.deepEqual([done.open, done.failed], [7, 13]);
    for (const { outcome, stage } of users.filter(({ outcome }) => outcome !== 'open'))
      assert.ok(['reset', 'eof'].includes(outcome) && stage !== 'open', `${outcome} ${stage}`);
  });
});

describe('robots with several requests', () => {
  const SEVERAL = { ...HTTP, REQUESTS: 3, REQUEST_GAP_MS: 100 };

  it('ask one after another on one connection, each a pause after the answer', async () => {
    const times: number[] = [];
    let connected = 0;
    await using site = await Site.start((_, response) => {
      times.push(performance.now());
      response.end('hello');
    });
    site.server.on('connection', () => connected++);
    assert.equal(await fate(site.port, SEVERAL), 'open | open');
    assert.deepEqual([times.length, connected], [3, 1]);
    for (const [i, at] of times.entries()) assert.ok(i === 0 || at - (times[i - 1] as number) >= 99);
  });

  it('go on after an answer without a body, and one in parts', async () => {
    let asked = 0;
    await using site = await Site.start((_, response) => {
      asked++;
      if (asked === 1) response.writeHead(204).end();
      else response.write('a', () => setTimeout(() => response.end('b'), 30));
    });
    assert.equal(await fate(site.port, SEVERAL), 'open | open');
    assert.equal(asked, 3);
  });

  it('are reset when they ask while the end of the connection is on its way', async () => {
    await using listener = await Listener.start((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        setTimeout(() => socket.destroy(), 60);
      });
    });
    const { outcome, stage, errno, idleMs = 0 } = await lone(listener.port, SEVERAL);
    assert.deepEqual([outcome, stage, errno], ['reset', 'open', 'EPIPE']);
    assert.ok(idleMs >= 100);
  });

  it('see that they are cut between two requests, when they can have noticed it', async () => {
    await using listener = await Listener.start((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        setTimeout(() => socket.destroy(), 20);
      });
    });
    const user = await lone(listener.port, { ...SEVERAL, REQUEST_GAP_MS: 3000 });
    assert.deepEqual([user.outcome, user.stage, user.idleMs], ['eof', 'open', undefined]);
  });

  it('do not ask on a connection that the server said it would close', async () => {
    let asked = 0;
    await using site = await Site.start((_, response) => {
      asked++;
      response.shouldKeepAlive = false;
      response.end('hello');
    });
    assert.equal(await fate(site.port, SEVERAL), 'open | open');
    assert.equal(asked, 1);
  });

  it('give up on an answer that does not come', async () => {
    let asked = 0;
    await using site = await Site.start((_, response) => {
      if (++asked === 1) response.end('hello');
    });
    const { outcome, stage, detail } = await lone(site.port, { ...SEVERAL, CONNECT_TIMEOUT_MS: 500 });
    assert.deepEqual([outcome, stage], ['timeout', 'open']);
    assert.match(detail ?? '', /next request/);
  });
});

describe('robots that speak ws to a server that is not our gateway', () => {
  it('connect, upgrade, hold, and leave by close code 1000, without a word', async () => {
    const heard: string[] = [];
    const left = Promise.withResolvers<void>();
    await using site = await Site.start((_, response) => response.writeHead(426).end());
    const chat = new WebSocketServer({ server: site.server, path: '/chat' });
    chat.on('connection', (socket) => {
      socket.send('welcome');
      socket.send(Buffer.alloc(70_000));
      socket.on('message', () => heard.push('message'));
      socket.on('close', (code) => heard.push(`close ${code}`) === 10 && left.resolve());
    });
    const { counts, phases } = await crowd(site.port, 10, { TARGET_PATH: '/chat', ...HELD });
    assert.deepEqual(counts, { 'open open': 10 });
    assert.ok(!phases.includes('betting'));
    await left.promise;
    chat.close();
    assert.deepEqual(heard, Array(10).fill('close 1000'));
  });

  it('say what it answered to another path', async () => {
    await using site = await Site.start((_, response) => response.end());
    const chat = new WebSocketServer({ server: site.server, path: '/chat' });
    const { outcome, stage, status, detail } = await lone(site.port);
    assert.deepEqual(
      [outcome, stage, status, detail],
      ['protocol', 'upgrade', 400, 'HTTP/1.1 400 Bad Request'],
    );
    chat.close();
  });

  it('are closed while they stay, with the code and the reason', async () => {
    await using site = await Site.start((_, response) => response.end());
    const chat = new WebSocketServer({ server: site.server });
    chat.on('connection', (socket) => setTimeout(() => socket.close(4009, 'too many users'), 20));
    const { done, users } = await crowd(site.port, 5, HELD);
    chat.close();
    assert.deepEqual([done.open, done.failed], [0, 5]);
    for (const { outcome, stage, code, said } of users)
      assert.deepEqual([outcome, stage, code, said], ['closed', 'open', 4009, 'too many users']);
  });
});

describe('robots that speak plain tcp', () => {
  it('are open when connected, and stay so with a server that is silent or talks', async () => {
    await using listener = await Listener.start((socket) => {
      socket.write('220 ready\r\n');
      socket.on('end', () => socket.end()).resume();
    });
    const { counts, users } = await crowd(listener.port, 20, { ...TCP, ...HELD });
    assert.deepEqual(counts, { 'open open': 20 });
    assert.ok(users.every(({ openMs, connectedMs }) => openMs !== undefined && connectedMs !== undefined));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(listener.sockets.size, 0, 'they leave by FIN');
  });

  it('see a server that closes or resets while they are held', async () => {
    await using closes = await Listener.start((socket) => socket.end());
    await using resets = await Listener.start((socket) => setTimeout(() => socket.resetAndDestroy(), 20));
    assert.equal(await fate(closes.port, { ...TCP, ...HELD }), 'eof | open');
    // An RST at once may come before the robot hears that it is connected.
    assert.equal(await fate(resets.port, { ...TCP, ...HELD }), 'reset | open | ECONNRESET');
  });

  it('keep the first bytes that a server says before it closes, whatever they are', async () => {
    const words = `-ERR max number of clients reached\r\n\x00\x7f\xe4"\\${'x'.repeat(200)}`;
    await using listener = await Listener.start((socket) => {
      socket.setNoDelay(true);
      socket.write(words.slice(0, 10), 'latin1');
      setTimeout(() => socket.end(words.slice(10), 'latin1'), 20);
    });
    const { outcome, stage, said } = await lone(listener.port, { ...TCP, ...HELD });
    assert.deepEqual([outcome, stage], ['eof', 'open']);
    assert.equal(said, `-ERR max number of clients reached\\r\\n\\x00\\x7f\\xe4"\\${'x'.repeat(120 - 41)}`);
  });

  it('keep nothing of who stays, and nothing of a server that was silent', async () => {
    await using talks = await Listener.start((socket) => {
      socket.write('220 ready\r\n');
      socket.on('end', () => socket.end()).resume();
    });
    await using silent = await Listener.start((socket) => socket.end());
    assert.equal((await lone(talks.port, { ...TCP, ...HELD })).said, undefined);
    assert.ok(!('said' in (await lone(silent.port, { ...TCP, ...HELD }))));
  });

  it('are refused where nobody listens', async () => {
    const gone = await Listener.start(() => {});
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    assert.equal(await fate(port, TCP), 'refused | connect | ECONNREFUSED');
  });
});

describe('settings of a kind', () => {
  it('without rounds: none unless asked for, and refused when asked for', async () => {
    for (const KIND of ['http', 'tcp']) {
      assert.equal(readSettings({ KIND }).ROUNDS, 0);
      assert.equal(readSettings({ KIND, ROUNDS: '0' }).ROUNDS, 0);
      await using fleet = new Fleet({ KIND, ROUNDS: 2 });
      const { code, stderr } = await fleet.ended;
      assert.equal(code, 2);
      assert.equal(stderr, `robots: ROUNDS="2" is not allowed: 0 with KIND=${KIND}, which has no rounds\n`);
    }
  });

  for (const [name, value] of [
    ['KIND', 'udp'],
    ['TARGET_PATH', 'chat'],
    ['TARGET_PATH', '/a b'],
    ['TARGET_PATH', '/a\r\nX: y'],
  ] as const) {
    it(`refuses ${name}=${JSON.stringify(value)} in one line`, () => {
      assert.throws(
        () => readSettings({ [name]: value }),
        /^Error: (KIND|TARGET_PATH)=".*" is not allowed: [^\n]+$/,
      );
    });
  }

  it('asks a WebSocket server for the path that was given', async () => {
    let request = '';
    await using listener = await Listener.start((socket) =>
      socket.once('data', (data) => {
        request = data.toString('latin1');
        socket.end();
      }),
    );
    await lone(listener.port, { TARGET_PATH: '/socket.io/?EIO=4' });
    assert.match(request, /^GET \/socket\.io\/\?EIO=4 HTTP\/1\.1\r\n/);
  });

  it('asks UPGRADE_DELAY_MS after it is connected, and not before', async () => {
    let waited = 0;
    await using listener = await Listener.start((socket) => {
      const accepted = performance.now();
      socket.once('data', () => {
        waited = performance.now() - accepted;
        socket.end();
      });
    });
    await lone(listener.port, { UPGRADE_DELAY_MS: 300 });
    // The listener's accept may come a little after the robot's connect.
    assert.ok(waited >= 200, `${waited}`);
  });

  it('reaches the processes of a fleet in several', async () => {
    await using site = await Site.start((_, response) => response.end('hello'));
    await using fleet = new Fleet({ ...HTTP, TARGET_PORT: site.port, USERS: 6, SHARDS: 2 });
    const { report } = await fleet.ended;
    assert.deepEqual([report.done.open, report.done.failed], [6, 0]);
  });
});

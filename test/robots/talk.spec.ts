import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { TargetOptions } from '../../protocol/target-options.ts';
import { readSettings } from '../../robots/robots-settings.ts';
import { crowd, Listener, lone, UPGRADED } from './tools.ts';

const saying = (options: TargetOptions) => ({ TARGET_OPTIONS: JSON.stringify(options) });
const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes as string).toString('base64');
const HELD = { HOLD_MS: 100 };

async function fate(port: number, env: Record<string, string | number>) {
  const { outcome, stage, status, detail } = await lone(port, env);
  return [outcome, stage, status, detail].filter((part) => part !== undefined).join(' | ');
}

/** The `ws` package's own server, and the requests that it had. */
class Chat {
  readonly server: WebSocketServer;
  readonly requests: IncomingMessage[] = [];

  private constructor(options: ServerOptions, onUser: (ws: WebSocket) => void) {
    this.server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
    this.server.on('connection', (ws, request) => {
      this.requests.push(request);
      ws.on('error', () => {});
      onUser(ws);
    });
  }

  static async start(onUser: (ws: WebSocket) => void = () => {}, options: ServerOptions = {}) {
    const chat = new Chat(options, onUser);
    await new Promise((resolve) => chat.server.once('listening', resolve));
    return chat;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose]() {
    for (const ws of this.server.clients) ws.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('robots with headers', () => {
  const headers: [string, string][] = [
    ['Cookie', 'session=1'],
    ['X-Number', '7'],
    ['host', 'shop.example'],
  ];

  it('send them with the upgrade; a Host takes the place of ours', async () => {
    await using chat = await Chat.start();
    assert.equal(await fate(chat.port, saying({ headers })), 'open | open');
    const { rawHeaders } = chat.requests[0] as IncomingMessage;
    assert.deepEqual(rawHeaders.slice(-6), headers.flat());
    assert.equal(rawHeaders.filter((name) => name.toLowerCase() === 'host').length, 1);
  });

  it('send them with each request of http', async () => {
    const asked: string[][] = [];
    const site = createServer((request, response) => {
      asked.push(request.rawHeaders);
      response.end('hello');
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const { port } = site.address() as AddressInfo;
    const env = { ...saying({ headers }), KIND: 'http', REQUESTS: 2, REQUEST_GAP_MS: 10 };
    assert.equal(await fate(port, env), 'open | open');
    site.close();
    assert.equal(asked.length, 2);
    for (const fields of asked) assert.deepEqual(fields.slice(-6), headers.flat());
  });
});

describe('robots with subprotocols', () => {
  const offered = saying({ subprotocols: ['chat.v2', 'chat.v1'] });

  it('offer them, the preferred one first, and are open with the one that is chosen, and with none', async () => {
    for (const [chosen, header] of [
      ['chat.v1', 'chat.v1'],
      [false, undefined],
    ] as const) {
      await using chat = await Chat.start(() => {}, { handleProtocols: () => chosen });
      assert.equal(await fate(chat.port, offered), 'open | open');
      assert.equal(chat.requests[0]?.headers['sec-websocket-protocol'], 'chat.v2, chat.v1');
      assert.equal([...chat.server.clients][0]?.protocol || undefined, header);
    }
  });

  it('fail where the server chooses another', async () => {
    await using listener = await Listener.answering(
      UPGRADED.replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n'),
    );
    assert.equal(
      await fate(listener.port, offered),
      'protocol | upgrade | the server chose the subprotocol "mqtt", which was not offered',
    );
  });

  it('keep the words of a server that refuses them', async () => {
    await using listener = await Listener.answering('HTTP/1.1 400 Bad Request\r\n\r\nno such subprotocol');
    const { said, detail } = await lone(listener.port, offered);
    assert.equal(detail, 'HTTP/1.1 400 Bad Request');
    assert.equal(said, 'HTTP/1.1 400 Bad Request\\r\\n\\r\\nno such subprotocol');
  });
});

describe('robots that say something first', () => {
  it('ws: text where it is UTF-8, with the number of the user, else binary', async () => {
    const heard: [string, boolean][] = [];
    await using chat = await Chat.start((ws) =>
      ws.on('message', (data, isBinary) => heard.push([`${data}`, isBinary])),
    );
    const { counts } = await crowd(chat.port, 2, { ...saying({ send: base64('I am {n}, ü {n}') }), ...HELD });
    assert.deepEqual(counts, { 'open open': 2 });
    assert.deepEqual(heard.sort(), [
      ['I am 0, ü 0', false],
      ['I am 1, ü 1', false],
    ]);
    await crowd(chat.port, 1, {
      ...saying({ send: base64(Buffer.from([0xff, 0x7b, 0x6e, 0x7d])) }),
      ...HELD,
    });
    assert.deepEqual(heard.at(-1), [`${Buffer.from([0xff])}0`, true]);
  });

  it('tcp: the bytes as they are', async () => {
    const heard: string[] = [];
    await using listener = await Listener.start((socket) => {
      socket.on('data', (data) => heard.push(data.toString('latin1')));
      socket.on('end', () => socket.end());
    });
    await crowd(listener.port, 1, { ...saying({ send: base64('PING {n}\r\n') }), KIND: 'tcp', ...HELD });
    assert.deepEqual(heard, ['PING 0\r\n']);
  });

  it('is refused for kinds that have no such thing', () => {
    for (const [kind, options] of [
      ['http', { send: 'YQ==' }],
      ['http', { subprotocols: ['a'] }],
      ['tcp', { subprotocols: ['a'] }],
      ['tcp', { headers: [['a', 'b']] }],
    ] as const) {
      const name = Object.keys(options)[0];
      assert.throws(() => readSettings({ KIND: kind, TARGET_OPTIONS: JSON.stringify(options) }), {
        message: `TARGET_OPTIONS with ${name} is not allowed: KIND=${kind} has none`,
      });
    }
  });
});

describe('robots that expect something first', () => {
  const greeted = saying({ send: base64('hello'), expectFirst: 'welcome' });

  it('ws: are open once the first message holds it', async () => {
    await using chat = await Chat.start((ws) => {
      ws.on('message', () => {
        ws.ping();
        setTimeout(() => ws.send('{"type":"welcome"}'), 50);
      });
    });
    const { users } = await crowd(chat.port, 3, greeted);
    for (const { outcome, connectedMs = 0, openMs = 0 } of users) {
      assert.equal(outcome, 'open');
      assert.ok(openMs - connectedMs > 40);
    }
  });

  it('ws: fail in the upgrade with any other, with its close, and without any', async () => {
    await using wrong = await Chat.start((ws) => ws.send('go away\n'));
    assert.equal(
      await fate(wrong.port, greeted),
      'protocol | upgrade | expected "welcome" first, the server said "go away\\n"',
    );
    await using closing = await Chat.start((ws) => ws.close(4003, 'who are you'));
    const { outcome, stage, code, said } = await lone(closing.port, greeted);
    assert.deepEqual([outcome, stage, code, said], ['closed', 'upgrade', 4003, 'who are you']);
    await using silent = await Chat.start();
    assert.equal(
      await fate(silent.port, { ...greeted, CONNECT_TIMEOUT_MS: 100 }),
      'timeout | upgrade | our own deadline: "welcome" from the server took longer than 100 ms',
    );
  });

  it('tcp: look for it in the first line, however it comes', async () => {
    const expecting = { ...saying({ expectFirst: 'ESMTP' }), KIND: 'tcp', ...HELD };
    await using mail = await Listener.start((socket) => {
      socket.setNoDelay().write('220 mail ES');
      setTimeout(() => socket.write('MTP\r\n'), 30);
      socket.on('end', () => socket.end());
    });
    assert.equal(await fate(mail.port, expecting), 'open | open');
    await using busy = await Listener.start((socket) => socket.write('421 too busy\r\n'));
    assert.equal(
      await fate(busy.port, expecting),
      'protocol | upgrade | expected "ESMTP" first, the server said "421 too busy\\r\\n"',
    );
    await using endless = await Listener.start((socket) => socket.write('x'.repeat(70_000)));
    assert.match(
      await fate(endless.port, expecting),
      /^protocol \| upgrade \| expected "ESMTP" first, .*"x+"$/,
    );
  });

  it('tcp: look for a text of two lines in two lines', async () => {
    const expecting = { ...saying({ expectFirst: 'a\nb' }), KIND: 'tcp', ...HELD };
    await using good = await Listener.start((socket) => {
      socket.setNoDelay().write('a\n');
      setTimeout(() => socket.write('b'), 30);
      socket.on('end', () => socket.end());
    });
    assert.equal(await fate(good.port, expecting), 'open | open');
    await using bad = await Listener.start((socket) => socket.write('a\nc\n'));
    assert.equal(
      await fate(bad.port, expecting),
      'protocol | upgrade | expected "a\\nb" first, the server said "a\\nc\\n"',
    );
  });

  it('http: look for it in the answer, head and body', async () => {
    const site = createServer((request, response) => {
      response.write('hel');
      setTimeout(() => response.end(request.url === '/' ? 'lo' : 'p'), 30);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const { port } = site.address() as AddressInfo;
    const expecting = { ...saying({ expectFirst: 'lo' }), KIND: 'http' };
    assert.equal(await fate(port, { ...expecting, TARGET_PATH: '/' }), 'open | open');
    assert.match(
      await fate(port, { ...expecting, TARGET_PATH: '/other' }),
      /^protocol \| upgrade \| expected "lo" first, the server said "HTTP\/1\.1 200 OK/,
    );
    site.closeAllConnections();
    site.close();
  });
});

describe('robots without TLS', () => {
  it('say so where the server answers with an alert of TLS', async () => {
    const alert = '\x15\x03\x03\x00\x02\x02\x46';
    await using listener = await Listener.answering(alert, (socket) => socket.end());
    assert.equal(await fate(listener.port, {}), 'protocol | upgrade | the server speaks TLS on this port');
  });

  for (const words of [
    'Client sent an HTTP request to an HTTPS server.\n',
    '<center>The plain HTTP request was sent to HTTPS port</center>',
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
  ])
    it(`say so where the server says it: ${words.trim()}`, async () => {
      await using listener = await Listener.answering(
        `HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n${words}`,
        (socket) => socket.end(),
      );
      for (const KIND of ['ws', 'http'])
        assert.equal(
          await fate(listener.port, { KIND }),
          'protocol | upgrade | 400 | the server speaks TLS on this port',
        );
    });

  it('take any other 400 for an answer', async () => {
    await using listener = await Listener.answering(
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nno',
      (socket) => socket.end(),
    );
    assert.equal(await fate(listener.port, { KIND: 'http' }), 'open | open');
  });
});

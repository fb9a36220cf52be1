import assert from 'node:assert/strict';
import { frame, Gateway, raw, SLOW_MS, User, upgraded } from './tools.ts';

/** Until the buffers of the kernel are full: seconds on a busy machine, and less than SLOW_MS. */
const FULL_MS = 30_000;

describe('gateway time-outs', () => {
  it('end a connection that does not finish its handshake, and no other', async () => {
    await using gateway = await Gateway.start({ HANDSHAKE_TIMEOUT_MS: 800 });
    const user = await User.open(gateway.port);
    const slow = await raw(gateway.port, 'GET /bets HTTP/1.1\r\n');
    const line = await gateway.next('close');
    assert.equal(line.reason, 'handshake-timeout');
    assert.equal(line.peerPort, slow.localPort);
    assert.ok(line.ageMs >= 800);
    assert.equal(await slow.ended, '');
    assert.equal(user.ws.readyState, user.ws.OPEN);
  });

  it('end a user that says nothing for too long, and no other', async () => {
    await using gateway = await Gateway.start({ IDLE_TIMEOUT_MS: 1200 });
    const silent = await User.open(gateway.port);
    const talker = await User.open(gateway.port);
    const talk = setInterval(() => talker.ws.send('hm'), 50);
    const line = await gateway.next('close');
    clearInterval(talk);
    assert.equal(line.reason, 'idle-timeout');
    assert.equal(await silent.closed, 1006);
    assert.equal(talker.ws.readyState, talker.ws.OPEN);
  });

  it('take the heartbeat for a sign of life', async () => {
    // So many misses are never reached: who answers no ping is idle first.
    await using gateway = await Gateway.start({
      IDLE_TIMEOUT_MS: 1500,
      HEARTBEAT_MS: 500,
      HEARTBEAT_MISSES: 100,
    });
    const user = await User.open(gateway.port);
    const dead = await upgraded(gateway.port);
    // The user was there before it: whatever is not heard of them would have ended it before.
    const line = await gateway.next('close');
    assert.deepEqual([line.reason, line.peerPort], ['idle-timeout', dead.localPort]);
    assert.equal(user.ws.readyState, user.ws.OPEN);
  });

  it('end a user that answers no ping', async () => {
    await using gateway = await Gateway.start({ HEARTBEAT_MS: 800 });
    const user = await User.open(gateway.port);
    const dead = await upgraded(gateway.port);
    const line = await gateway.next('close');
    assert.deepEqual([line.reason, line.peerPort], ['heartbeat', dead.localPort]);
    await gateway.next('sample');
    assert.equal(user.ws.readyState, user.ws.OPEN);
  });

  it('end a user that answers no ping only after HEARTBEAT_MISSES of them', async () => {
    await using gateway = await Gateway.start({ HEARTBEAT_MS: 300, HEARTBEAT_MISSES: 3 });
    const dead = await upgraded(gateway.port);
    const line = await gateway.next('close');
    assert.deepEqual([line.reason, line.peerPort], ['heartbeat', dead.localPort]);
    // The first ping goes out up to one interval after it came; three stay unanswered until the fourth is due.
    assert.ok(line.ageMs >= 900, `${line.ageMs}`);
  });

  it('drop a user that does not read', async () => {
    await using gateway = await Gateway.start({ MAX_BUFFERED: 4096, MAX_PAYLOAD: 1000 });
    const { socket } = await upgraded(gateway.port);
    socket.pause();
    const bad = Buffer.concat(Array.from({ length: 1000 }, () => frame(0x81, '')));
    const flood = setInterval(() => {
      for (let i = 0; i < 50; i++) socket.write(bad);
    }, 5);
    const line = await gateway.next('close', () => true, FULL_MS);
    clearInterval(flood);
    socket.destroy();
    assert.equal(line.reason, 'slow-consumer');
    assert.match(line.detail ?? '', /^\d+ bytes unsent$/);
  }).timeout(SLOW_MS);

  it('drop a user that reads no pong', async () => {
    await using gateway = await Gateway.start({ MAX_BUFFERED: 4096 });
    const { socket } = await upgraded(gateway.port);
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(0x89, Buffer.alloc(100))));
    const flood = setInterval(() => {
      for (let i = 0; i < 20; i++) socket.write(pings);
    }, 5);
    const line = await gateway.next('close', () => true, FULL_MS);
    clearInterval(flood);
    socket.destroy();
    assert.equal(line.reason, 'slow-consumer');
  }).timeout(SLOW_MS);
});

import assert from 'node:assert/strict';
import { strangerWords } from '../../../lab/report/stranger-words.ts';

describe('report: the words for a stranger', () => {
  const database = strangerWords({ name: 'redis-server', speaks: 'tcp' });

  it('it is called by its name, and never the gateway', () => {
    assert.equal(database.named("the server's users"), "redis-server's users");
    assert.equal(database.named('with the gateway'), 'with redis-server');
    assert.equal(strangerWords({ name: null }).named('the server ended'), 'the server ended');
    assert.equal(strangerWords({ name: '7' }).named('the server ended'), 'the server ended');
  });

  it('names of causes stay as they are', () => {
    assert.equal(database.named('gateway-crash'), 'gateway-crash');
  });

  it('there is an upgrade where robots asked for one, and nowhere else', () => {
    const line = '3 × reset in upgrade (ECONNRESET)';
    assert.equal(database.stages(line), '3 × reset once connected (ECONNRESET)');
    assert.equal(
      strangerWords({ name: 'x', speaks: 'http' }).stages(line),
      '3 × reset before an answer (ECONNRESET)',
    );
    assert.equal(strangerWords({ name: 'x', speaks: 'ws' }).stages(line), line);
    assert.equal(
      database.stages('2 users reset before the upgrade was answered'),
      '2 users reset before any data',
    );
  });
});

/**
 * An example to copy: how many users does your server's image sustain, at the limits that it runs with?
 * For mocha (or any runner with describe and it); needs a Docker engine, and SERVER_IMAGE or your image's name here.
 */
import assert from 'node:assert/strict';
import {
  GatewayContainer,
  NotSustainedError,
  type StartedGatewayContainer,
  sustains,
  threshold,
} from 'resetlab';

const IMAGE = process.env.SERVER_IMAGE ?? 'your-server:latest';

describe('our server, at the limits of production', () => {
  let server: StartedGatewayContainer;

  before(async function () {
    this.timeout(300_000);
    server = await new GatewayContainer(IMAGE)
      .withListenPort(8080)
      .withNofile(256)
      .withSomaxconn(1024)
      .start();
  });

  after(async () => {
    await server?.stop();
  });

  it('sustains 200 users who come all at once', async function () {
    this.timeout(60_000);
    await sustains(server, 200, { kind: 'http', path: '/' });
  });

  it('says what stopped it when there are too many', async function () {
    this.timeout(60_000);
    await assert.rejects(sustains(server, 300, { kind: 'http', path: '/' }), (error: Error) => {
      assert.ok(error instanceof NotSustainedError);
      assert.equal(error.trial.limitedBy, 'nofile');
      console.log(error.message);
      return true;
    });
  });

  it('has its threshold between 200 and 256 users: each costs a descriptor', async function () {
    this.timeout(120_000);
    const { sustained, failsAt, limitedBy } = await threshold(server, { kind: 'http', path: '/', upTo: 400 });
    console.log(`sustained ${sustained}, fails at ${failsAt}, limited by ${limitedBy}`);
    assert.ok(sustained >= 200 && sustained < 256, String(sustained));
    assert.equal(limitedBy, 'nofile');
  });
});

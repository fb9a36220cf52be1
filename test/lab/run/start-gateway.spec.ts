import assert from 'node:assert/strict';
import { startGateway } from '../../../lab/run/start-gateway.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { startProcess } from '../../../lab/runtimes/processes.ts';
import { type Settings, settingsSchema } from '../../../lab/settings/schema.ts';
import type { CloseLine } from '../../../protocol/gateway-events.ts';
import { raw, SLOW_MS } from '../../gateway/tools.ts';

describe('run: the gateway is told', () => {
  /** The address in the line of a user that the gateway closes, where users come from so many. */
  async function addressTold(sources: number | undefined): Promise<string | undefined> {
    const label = newLabel();
    const stage = {
      start: async (spec: Parameters<typeof startProcess>[0]) => startProcess(spec, label, []),
      listenHost: '127.0.0.1',
      ...(sources === undefined ? {} : { sources }),
    };
    const settings: Settings = { ...settingsSchema.parse({ handshake_timeout_ms: 200 }), port: 0 };
    const closed = Promise.withResolvers<CloseLine>();
    const { part, listening } = await startGateway(stage, settings, (line) => {
      if (line.event === 'close') closed.resolve(line);
    });
    try {
      await raw(listening.port);
      return (await closed.promise).peerAddress;
    } finally {
      await part.signal('SIGKILL');
      await part.ended;
    }
  }

  it('to tell addresses where there are several sources', async () => {
    assert.equal(await addressTold(2), '127.0.0.1');
  }).timeout(SLOW_MS);

  for (const sources of [1, undefined]) {
    it(`not to where there are ${sources ?? 'none said'}`, async () => {
      assert.equal(await addressTold(sources), undefined);
    }).timeout(SLOW_MS);
  }
});

import assert from 'node:assert/strict';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { startProcess } from '../../../lab/runtimes/processes.ts';
import type { PartSpec } from '../../../lab/runtimes/runtime.ts';
import { FLEET_OPTIONS } from '../../../robots/node-options.ts';

describe('what Node is told for a part', () => {
  const toldTo = async (spec: Pick<PartSpec, 'nodeOptions'>) => {
    const lines: unknown[] = [];
    const part: PartSpec = {
      role: 'robots',
      module: 'test/lab/runtimes/says-options.ts',
      env: {},
      onLine: (line) => lines.push(line),
      ...spec,
    };
    const { code, output } = await startProcess(part, newLabel(), []).ended;
    assert.equal(code, 0, output);
    return lines;
  };

  it('for a fleet are options that this Node has', async () => {
    assert.deepEqual(await toldTo({ nodeOptions: FLEET_OPTIONS }), [{ options: FLEET_OPTIONS }]);
  });

  it('for any other is nothing', async () => {
    assert.deepEqual(await toldTo({}), [{ options: [] }]);
  });
});

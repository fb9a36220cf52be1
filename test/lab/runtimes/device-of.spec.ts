import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { programAt } from '../../../common/own-files.ts';
import { deviceOf } from '../../../lab/runtimes/compose/device-of.ts';

describe('the interface that has the address of a name', () => {
  it('is found, and none of a name or an address from elsewhere', async () => {
    assert.match((await deviceOf('127.0.0.1')) ?? '', /^lo/);
    assert.equal(await deviceOf('localhost'), await deviceOf('127.0.0.1'));
    assert.equal(await deviceOf('192.0.2.1'), undefined);
    assert.equal(await deviceOf('no.such.name.invalid'), undefined);
  });

  it('is printed, or one line says why not', async () => {
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [programAt('lab/runtimes/compose/device-main.ts'), ...args]);
    assert.match((await run('127.0.0.1')).stdout, /^lo\d?\n$/);
    await assert.rejects(run('192.0.2.1'), {
      code: 3,
      stderr: 'prepare: 192.0.2.1: no interface of this container has its address\n',
    });
    await assert.rejects(run(), { code: 2 });
  });
});

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { CannotRunError } from '../../../common/errors.ts';
import { endedEarly } from '../../../lab/runtimes/fault.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skipOffLinux, skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, preloaded, scratch } from './lab.ts';

/** Those with a lab. */
const drawn = oneIn(2);

/** Every process of that module throws before its first line. */
function breaking(module: string): Record<string, string> {
  return preloaded(
    `if (process.argv[1]?.endsWith(${JSON.stringify(module)})) throw new TypeError("broken on purpose")`,
  );
}

const REPORTED =
  /^lab: Error: (\w+): ended by an error that nobody caught:\n[\s\S]*TypeError: broken on purpose\n[\s\S]*this is a fault of resetlab/m;

describe('lab: a part that dies of an error of ours', function () {
  this.timeout(30_000);
  // In a namespace of their own: others look at port 8080 of this one.
  skipWhenMissing(netns);
  const folder = scratch();
  const run = () => [
    'run',
    '--runtime',
    'netns',
    '--users',
    '2',
    '--set',
    'rounds=0',
    '--json',
    '--runs',
    folder(),
  ];

  for (const [module, role] of [
    ['gateway/main.ts', 'gateway'],
    ['lab/evidence/observer.ts', 'observer'],
    ['robots/main.ts', 'robots'],
  ] as const)
    drawn(`the ${role}: 70, with all it said`, async () => {
      const { code, stdout, stderr } = await lab(run(), { env: breaking(module) });
      assert.equal(code, 70, stderr);
      assert.equal(stdout, '');
      assert.equal(REPORTED.exec(stderr)?.[1], role, stderr);
    });

  drawn("the watcher of somebody else's server: 70, with all it said", async function () {
    skipOffLinux(this, '/proc');
    const server = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as { port: number };
      const args = ['diagnose', '--port', String(port), '--for', '5s', '--json'];
      const { code, stdout, stderr } = await lab(args, { env: breaking('lab/evidence/server-watcher.ts') });
      assert.equal(code, 70, stderr);
      assert.equal(stdout, '');
      assert.equal(REPORTED.exec(stderr)?.[1], 'watcher', stderr);
    } finally {
      server.close();
    }
  });

  it("but what the system refused it is the machine's, and so is a signal", () => {
    const uncaught =
      "node:net:1\n\nError: listen EADDRINUSE\n  errno: -98,\n  code: 'EADDRINUSE'\n\nNode.js v24.21.0";
    for (const [code, output] of [
      [1, uncaught],
      [null, 'FATAL ERROR: Reached heap limit'],
      [127, 'sh: node: not found'],
      [1, 'k6: no such script'],
    ] as const) {
      const error = endedEarly('gateway', { code, output }, 'gateway: why');
      assert.ok(error instanceof CannotRunError, output);
      assert.equal(error.message, 'gateway: why');
    }
  });
});

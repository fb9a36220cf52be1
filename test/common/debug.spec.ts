import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { VerdictDocument } from '../../lab/run/verdict-document.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { lab, preloaded, scratch } from '../lab/cli/lab.ts';
import { skipWhenMissing } from '../skip.ts';

const CASE = [
  'run',
  '--runtime',
  'netns',
  '--set',
  'nofile=100',
  '--users',
  '120',
  '--set',
  'rounds=0',
  '--no-fix',
];
/** Also what Node itself says of the modules that it loads, which would be the first that a part says. */
const ALL = { NODE_DEBUG: 'resetlab:*,esm' };

describe('NODE_DEBUG=resetlab:*', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const folder = scratch();

  it('says on stderr what is started, waited for and ended, and changes nothing of what is measured', async () => {
    const args = [...CASE, '--json', '--runs', join(folder(), 'runs')];
    const quiet = await lab(args);
    const told = await lab(args, { env: ALL });
    assert.deepEqual([quiet.code, told.code], [0, 0], told.stderr);
    assert.doesNotMatch(quiet.stderr, /RESETLAB/);
    const room = (name: string, text: string) => new RegExp(`^RESETLAB:${name} \\d+: .*${text}`, 'm');
    for (const line of [
      room('NETNS', 'the network namespace of pid \\d+ to be set up: waiting'),
      room('PROCESS', 'gateway started: pid \\d+'),
      room('RUN', 'the gateway to listen: waiting \\(at most 20000 ms\\)'),
      room('RUN', 'the gateway to listen: over after \\d+ ms'),
      room('RUN', 'the load of 120 users to end: waiting \\(at most \\d+ ms\\)'),
      room('PROCESS', 'robots ended: pid \\d+, code 0'),
      room('PROCESS', 'gateway ended: pid \\d+, code 0'),
    ])
      assert.match(told.stderr, line);
    const [before, after] = [quiet, told].map(({ stdout }) => JSON.parse(stdout) as VerdictDocument);
    assert.deepEqual(after?.threshold, before?.threshold);
  });

  it('is not taken for the reason why a part did not start', async () => {
    const env = preloaded(
      'if (process.argv[1]?.endsWith("gateway/main.ts")) { console.error("no room here"); process.exit(1) }',
    );
    const args = [...CASE, '--runs', join(folder(), 'refused')];
    const { code, stderr } = await lab(args, { env: { ...env, ...ALL } });
    assert.equal(code, 3);
    assert.match(stderr, /^lab: gateway: did not start with nofile=100: no room here$/m);
  });

  it('one room alone', async () => {
    const { stderr } = await lab([...CASE, '--runs', join(folder(), 'one')], {
      env: { NODE_DEBUG: 'resetlab:run' },
    });
    assert.match(stderr, /^RESETLAB:RUN /m);
    assert.doesNotMatch(stderr, /^RESETLAB:(?!RUN )/m);
  });
});

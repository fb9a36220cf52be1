import assert from 'node:assert/strict';
import { lab } from '../lab/cli/lab.ts';
import { oneIn } from '../whole.ts';

const it = oneIn(3);

describe('lab diagnose: what cannot be', function () {
  this.timeout(60_000);
  for (const [args, says] of [
    [['--port', '9'], /--port 9: nobody listens/],
    [['--pid', '4194304'], /no such process/],
    [['--pid', String(process.pid)], /listens on no TCP port/],
    [[], /which server/],
    [['--port', '80', '--for', 'x'], /--for x: allowed/],
    [['--port', '80', '--for', '99999999m'], /--for 99999999m: allowed: a time such as .*, up to 35791m/],
    [['--port', '80', '--for', '1s', '--load', '5'], /--for/],
    [
      ['--port', '80', '--for', '1s', '--runs', ''],
      /--runs <folder>' argument '' is invalid\. allowed: the name/,
    ],
    [['--port', '80', '--for', '1s', '--address', ''], /--address : allowed/],
    [['--port', '80', '--ramp', 'x'], /--ramp x: allowed/],
    [['--port', '80', '--path', 'x'], /--path x: allowed/],
    [['--container', ''], /--container : allowed/],
    [['--container', '../a'], /--container \.\.\/a: allowed/],
  ] as const) {
    it(`${args.join(' ') || 'no server'}: one line, exit 2`, async () => {
      const { code, stdout, stderr } = await lab(['diagnose', ...args]);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, says);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }
});

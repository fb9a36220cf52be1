import assert from 'node:assert/strict';
import { serverEvidence } from '../../../../lab/beside/server-evidence.ts';
import { serverThresholdAnswer } from '../../../../lab/report/server-threshold-text.ts';
import { nextAfterServerThreshold } from '../../../../lab/threshold/strangers/after-server-threshold.ts';
import { roomAtRest } from '../../../../lab/threshold/strangers/server-prediction.ts';
import type {
  ServerThresholdDocument,
  ServerThresholdPoint,
} from '../../../../lab/threshold/strangers/server-threshold-document.ts';
import { slowRampMs } from '../../../../lab/threshold/strangers/slow-ramp.ts';
import type { UserLine } from '../../../../protocol/fleet-events.ts';
import type { HolderState } from '../../../../protocol/observer-events.ts';

describe('threshold of a server: the pieces', () => {
  it('a slow ramp is three times slower than the burst was served, within a second and a minute', () => {
    const served = (users: number, eachMs: number) => {
      const evidence = serverEvidence('native');
      for (let id = 0; id < users; id += 1) evidence.fleet.users.push(user(id, (id + 1) * eachMs));
      return evidence;
    };
    assert.equal(slowRampMs(200, served(100, 20)), 12_000);
    assert.equal(slowRampMs(200, served(100, 0.1)), 1000, 'never shorter');
    assert.equal(slowRampMs(2000, served(100, 20)), 60_000, 'never longer');
  });

  it('the room of a server is that of the processes that another one of it started, else of all', () => {
    const [first, one, two] = [holder(1, 0, 100, 10), holder(2, 1, 64, 4), holder(3, 1, 64, 5)];
    assert.equal(roomAtRest([first, one, two]), 60 + 59);
    assert.equal(roomAtRest([first]), 90);
    assert.equal(roomAtRest([]), undefined, 'nobody could be seen');
  });

  for (const [title, point, of, answer, next] of [
    [
      'a capacity',
      { measured: 40, predicted: 40, law: 'L', limitedBy: 'fd-exhaustion', limit: 'capacity', failsAt: 41 },
      {},
      '40 users without failure: limited by fd-exhaustion (nofile 64); predicted 40 by L',
      /diagnose --port 80 --kind http --load 41$/,
    ],
    [
      'a rate',
      { measured: 40, limitedBy: 'accept-rate', limit: 'rate', failsAt: 42 },
      {},
      '40 users at once without failure: a rate, since as many or more who come slowly do not fail; limited by accept-rate; no law predicts it',
      /--ramp 2s$/,
    ],
    [
      'no limit',
      { measured: 500, limit: 'none', atLeast: true },
      {},
      'at least 500 users without failure: nobody failed up to 500',
      /--up-to 1000$/,
    ],
    [
      'a search that ended',
      { measured: 64, limit: null, atLeast: true, failsAt: 128, limitedBy: 'gateway-crash' },
      { complete: false, ended: 'the server ended' },
      'at least 64 users without failure, and fewer than 128; the search is not over: the server ended',
      /--load 128$/,
    ],
    [
      'one that found nothing',
      { measured: null, limit: null },
      { complete: false, ended: 'one user alone fails as well' },
      'no number of users was seen to be served without failure: one user alone fails as well',
      undefined,
    ],
    [
      'a server of another machine',
      { measured: 40, limitedBy: 'unknown', limit: 'capacity', failsAt: 41 },
      { watched: false },
      '40 users without failure: limited by unknown; no law predicts it',
      undefined,
    ],
  ] as const) {
    it(`${title}: the answer, and what to do next`, () => {
      const document = documentOf({ ...POINT, ...point } as ServerThresholdPoint, of);
      assert.equal(serverThresholdAnswer(document), answer);
      const found = nextAfterServerThreshold(document)?.take;
      if (next === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', next);
    });
  }
});

const POINT: ServerThresholdPoint = {
  ...{ value: null, measured: 0, predicted: null, error: null, law: null, notPredicted: null },
  ...{ limitedBy: 'nothing', says: null, limit: 'none', atLeast: false, method: 'ramp', failsAt: null },
  ...{ failures: [], runs: 1, settings: { nofile: 64 } },
  trials: [{ users: 64, open: 64, failed: 0, pace: 'slow', rampMs: 1500, limitedBy: 'nothing' }],
};

function documentOf(
  point: ServerThresholdPoint,
  of: Partial<ServerThresholdDocument>,
): ServerThresholdDocument {
  return {
    ...{ schema: 1, vary: null, complete: true, ended: null, runtime: 'native', driver: 'robots' },
    host: { os: 'linux', kernel: '6', node: '24' },
    target: {
      ...{ how: 'port', port: 80, addresses: ['127.0.0.1'], pid: 9, name: 'node', pids: [9] },
      ...{ container: null, elsewhere: false },
    },
    ...{ watched: true, failure: '', atRest: 0, unseen: [], path: null },
    load: { users: 500, kind: 'http', path: '/', ramp: '0ms', timeoutMs: 1000, holdMs: 0 },
    points: [point],
    ...of,
  };
}

function user(id: number, openMs: number): UserLine {
  const bets = { placed: 0, acked: 0, rejected: 0 };
  return { event: 'user', id, outcome: 'open', stage: 'open', startedAt: 1000, openMs, bets };
}

function holder(pid: number, parent: number, nofile: number, open: number): HolderState {
  const descriptors = Array.from({ length: open }, (_, at) => at);
  return { pid, parent, name: 'x', user: 0, nofileSoft: nofile, nofileHard: nofile, descriptors };
}

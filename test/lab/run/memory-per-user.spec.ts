import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fileConnections, fileFleetLine } from '../../../lab/evidence/collect.ts';
import { nothingMeasured } from '../../../lab/evidence/evidence.ts';
import { reportHtml } from '../../../lab/report/html/run-page.ts';
import { EvidenceFiles } from '../../../lab/run/evidence-files.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { verdictDocument } from '../../../lab/run/verdict-document.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import { scratch } from '../cli/lab.ts';

const USERS = 20_000;
/** The rows of a batch. */
const BATCH = 1000;
const BEGIN = 1_795_901_575_000;

/** What one user and its connection may leave behind in memory, bytes: some 100 of the user, some 200 of the connection. */
const MOST = { filed: 400, judged: 200 };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is reachable, bytes. */
function reachable(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('lab/run: memory for each user', () => {
  const folder = scratch();

  it('of a burst little is kept but numbers, while it is written and after it was judged', () => {
    const files = new EvidenceFiles(folder(), '', (path, error) => assert.fail(`${path}: ${error}`));
    const evidence = nothingMeasured({
      host: { os: 'linux', kernel: '6', node: process.version },
      runtime: 'netns',
      driver: 'robots',
      exclusive: true,
      asked: settingsSchema.parse({ users: USERS }),
      keep: files.keep,
    });
    const atFirst = reachable();
    // All in one turn of the loop, as when a server ends everybody at once.
    for (let id = 0; id < USERS; id += 1) fileFleetLine(evidence, user(id));
    for (let from = 0; from < USERS; from += BATCH) {
      const rows = Array.from({ length: BATCH }, (_, index) => row(from + index));
      fileConnections(evidence, { event: 'connections', at: BEGIN, by: 'observer', rows });
    }
    const filed = reachable();
    assertAtMost(MOST.filed, (filed - atFirst) / USERS, 'once filed');
    files.end();

    fileFleetLine(evidence, { event: 'phase', at: BEGIN, phase: 'load' });
    const judged = judgeEach([evidence]);
    const document = verdictDocument('run', judged, null, null);
    const page = reportHtml(document, [evidence], undefined);
    const afterwards = reachable();
    assert.ok(document.users.failed > 0 && judged.verdicts.length > 0 && page.length > 0);
    assertAtMost(MOST.judged, (afterwards - filed) / USERS, 'once judged');
  });
});

function assertAtMost(most: number, bytes: number, when: string): void {
  assert.ok(bytes <= most, `${Math.round(bytes)} bytes for each user ${when}, at most ${most}`);
}

/** Every fifth is reset before it is let in. */
function user(id: number) {
  const startedAt = BEGIN + id / 10;
  const common = { event: 'user', id, port: 1024 + id, startedAt, connectedMs: 224.6 } as const;
  const bets = { placed: 0, acked: 0, rejected: 0 };
  if (id % 5 > 0)
    return { ...common, outcome: 'open', stage: 'open', openMs: 300.5 + id / 100, bets } as const;
  const detail = 'FIN, then RST to our request';
  return {
    ...common,
    outcome: 'reset',
    stage: 'upgrade',
    errno: 'EPIPE',
    detail,
    endedMs: 492.3,
    bets,
  } as const;
}

function row(id: number): string {
  const at = BEGIN + id;
  return `${id.toString(16)} 127.0.0.1:8080 127.0.0.1:${1024 + id} ${at}   s${at}~94 s1  p22934 s${at}~94 sserver sFIN   s94~94   s0 s0 s0 s1 `;
}

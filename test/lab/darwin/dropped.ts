import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { rebuildReport } from '../../../lab/report/rebuild.ts';
import { readJson } from '../../../lab/run/read-json.ts';
import { readEvidence, readFixed } from '../../../lab/run/read-run-folder.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import type { RawLine } from '../../../protocol/observer-events.ts';
import { unread } from './unread.ts';

/** The folders there that hold a run, by name. */
export function runsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isDirectory())
    .sort();
}

const documentOf = (folder: string) => readJson(join(folder, 'verdict.json')) as VerdictDocument;

/** What must hold of a run made on macOS, whatever it was of: by what is tested. */
export const INVARIANTS: Record<string, (folder: string) => void> = {
  'was made on macOS, native, and went to its end'(folder) {
    const { host, runtime, complete } = documentOf(folder);
    assert.deepEqual({ os: host.os, runtime, complete }, { os: 'darwin', runtime: 'native', complete: true });
  },
  'every parser knew what its command printed'(folder) {
    const raw = rawOf(folder);
    assert.ok(raw.length > 0, 'darwin.ndjson is empty');
    const unknown = raw.flatMap(({ command, text }) =>
      (text === null ? ['could not be run'] : unread(command, text)).map((says) => `${command}: ${says}`),
    );
    assert.deepEqual([...new Set(unknown)], []);
  },
  'the listener was found in netstat -L, and the queue’s limit is that of the law'(folder) {
    const [evidence] = readEvidence(folder, documentOf(folder)) as [Evidence];
    const { darwin } = drawFacts(evidence);
    const limits = new Set(evidence.observer.series.flatMap(({ listenQueue }) => listenQueue?.maxqlen ?? []));
    assert.deepEqual([...limits], [darwin?.capacity]);
  },
  'the verdict drawn again blames somebody for every failed user'(folder) {
    const document = documentOf(folder);
    for (const evidence of [...readEvidence(folder, document), ...(readFixed(folder, document) ?? [])]) {
      const facts = drawFacts(evidence);
      const verdicts = judge(facts, CAUSES);
      const explained = verdicts.reduce((sum, { explains }) => sum + explains, 0);
      assert.equal(explained, facts.failed.length);
      const unknown = verdicts.find(({ verdict }) => verdict === 'unknown');
      assert.equal(unknown, undefined, unknown?.for.map(({ says }) => says).join());
    }
  },
  'no item of evidence claims to be from /proc'(folder) {
    const [evidence] = readEvidence(folder, documentOf(folder)) as [Evidence];
    const verdicts = judge(drawFacts(evidence), CAUSES);
    const items = verdicts.flatMap((one) => [...one.for, ...one.against]);
    assert.ok(items.length > 10);
    const linux = items.filter(({ source, after }) => source.startsWith('/proc') && after !== null);
    assert.deepEqual(linux, []);
  },
  'its report can be drawn again'(folder) {
    assert.ok(rebuildReport(folder).files['report.html']?.includes('netstat -L'));
  },
};

function rawOf(folder: string): RawLine[] {
  return readFileSync(join(folder, 'darwin.ndjson'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RawLine);
}

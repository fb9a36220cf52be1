import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { endInWords, howEnded, kindOfEnd } from '../../../lab/facts/how-ended.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { HolderSample } from '../../../protocol/observer-events.ts';
import type { ProcessLine } from '../../../protocol/process-events.ts';

const PID = 7;
const END = 5000;

/** A server whose process 7, started by 3, had gone at 5000, with what the kernel told of it. */
function evidenceOf(lines: object[], last: HolderSample = { state: 'gone' }, oomKills?: number): Evidence {
  const host = { os: 'linux', kernel: '0', node: 'v0' };
  const asked = settingsSchema.parse({ users: 1 });
  const evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
  evidence.processes = lines.map(
    (line) => ({ event: 'process', at: END - 20, pid: PID, ...line }) as ProcessLine,
  );
  const holder = {
    pid: PID,
    name: 'server',
    user: 0,
    nofileSoft: 1,
    nofileHard: 1,
    descriptors: [],
    parent: 3,
  };
  const sample = (at: number, own: HolderSample, server = {}) => ({
    event: 'observed' as const,
    at,
    state: '?',
    deltas: {},
    server: { holders: { [PID]: own, 8: { state: 'S' } }, ...server },
  });
  const kills = oomKills === undefined ? {} : { oomKills };
  evidence.observer.series = [
    sample(1000, { state: 'S' }, { joined: [holder], ...(oomKills === undefined ? {} : { oomKills: 0 }) }),
    sample(END - 100, { state: 'S' }),
    sample(END, last, kills),
  ];
  return evidence;
}

const told = (...args: Parameters<typeof evidenceOf>) => {
  const how = howEnded(evidenceOf(...args), PID, END);
  return [kindOfEnd(how), endInWords(how)];
};
const signal = (name: string, by?: object) => ({ what: 'signal', signal: name, ...(by ? { by } : {}) });

describe('facts: how a process of a server ended', () => {
  it('by the signal of another process, which is named', () => {
    assert.deepEqual(told([signal('SIGKILL', { pid: 12, name: 'bash' })]), [
      'killed',
      'by SIGKILL from bash (pid 12)',
    ]);
    assert.deepEqual(told([signal('SIGABRT', { pid: 3, name: 'master' })]), [
      'killed',
      'by SIGABRT from master (pid 3), which had started it',
    ]);
  });

  it('by a signal of its own, or a fault: it crashed', () => {
    assert.deepEqual(told([signal('SIGABRT', { pid: PID, name: 'server' })]), [
      'crash',
      'by SIGABRT of its own',
    ]);
    assert.deepEqual(told([signal('SIGSEGV')]), ['crash', 'by SIGSEGV of its own']);
  });

  it('by itself: with an error, in order, or since it was told to', () => {
    assert.deepEqual(told([{ what: 'exit', code: 1 }]), ['crash', 'by itself with exit code 1']);
    assert.deepEqual(told([{ what: 'exit', code: 0 }]), ['left', 'by itself with exit code 0']);
    assert.deepEqual(told([signal('SIGTERM', { pid: 1, name: 'systemd' }), { what: 'exit', code: 0 }]), [
      'asked',
      'told to by SIGTERM from systemd (pid 1), with exit code 0',
    ]);
    // A log that is opened anew, and an error long after it.
    assert.equal(told([signal('SIGUSR1', { pid: 1 }), { what: 'exit', code: 1 }])[0], 'crash');
  });

  it('for want of memory, by the victim that was marked, or by the count of its cgroup', () => {
    assert.equal(told([{ what: 'oom' }, signal('SIGKILL')])[0], 'memory');
    assert.equal(told([], { state: 'gone' }, 1)[0], 'memory');
    assert.equal(told([], { state: 'Z', ended: { code: null, signal: 'SIGKILL' } }, 1)[0], 'memory');
    assert.equal(told([], { state: 'Z', ended: { code: null, signal: 'SIGKILL' } }, 0)[0], 'killed');
  });

  it('where nobody tells it is not known, nor whether a SIGKILL was for memory where that cannot be read', () => {
    assert.deepEqual(told([]), [undefined, 'how is not known: only its parent knows']);
    assert.equal(told([], { state: 'gone' }, 0)[0], undefined);
    assert.equal(told([], { state: 'Z', ended: { code: null, signal: 'SIGKILL' } })[0], undefined);
    assert.equal(told([{ ...signal('SIGKILL'), pid: 8 }])[0], undefined);
  });
});

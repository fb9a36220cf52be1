import assert from 'node:assert/strict';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { evidenceOf, parse } from './situation.ts';

/** What is named, and what is said of these causes, when the same was measured on a runtime. */
function judged(runtime: 'netns' | 'swarm', text: string, ...ids: string[]) {
  const evidence = evidenceOf(parse(`room 0 0 0 alive 20 herd ${text}`), 1);
  evidence.runtime = runtime;
  const verdicts = judge(drawFacts(evidence), CAUSES);
  return {
    named: verdicts.filter(({ explains }) => explains > 0).map(({ cause }) => cause),
    verdicts: ids.map((id) => verdicts.find(({ cause }) => cause === id)?.verdict),
    against: ids.map((id) => verdicts.find(({ cause }) => cause === id)?.against[0]?.says ?? ''),
  };
}

describe('verdict: limits that hold for the gateway and its observer together', () => {
  it('a quota is not blamed, nor what is slow under it', () => {
    const text = '80 x timeout @ upgrade | throttled=0.8 busy=0.98 setting:cpus=0.1';
    assert.deepEqual(judged('netns', text, 'cpu-quota').verdicts, ['confirmed']);
    const { named, verdicts, against } = judged('swarm', text, 'cpu-quota', 'slow-accept');
    assert.deepEqual(named, ['unknown']);
    assert.equal(verdicts[0], 'insufficient-data');
    assert.notEqual(verdicts[1], 'confirmed');
    assert.match(against[0] ?? '', /^cpus holds for the gateway's whole container/);
  });

  it('of a SIGKILL nobody knows whether it was for memory', () => {
    const text = '900 x reset @ open | exit=SIGKILL@2600 oom=1 setting:memory_mb=96';
    assert.deepEqual(judged('netns', text, 'memory-kill').verdicts, ['confirmed']);
    const { verdicts, against } = judged('swarm', text, 'memory-kill', 'killed');
    assert.deepEqual(verdicts, ['insufficient-data', 'insufficient-data']);
    assert.match(against[0] ?? '', /^memory_mb holds for the gateway's whole container/);
  });

  it('without such a limit all is as anywhere', () => {
    const text = '900 x reset @ open | exit=SIGKILL@2600 oom=0';
    const of = (runtime: 'netns' | 'swarm') => judged(runtime, text, 'memory-kill', 'killed', 'cpu-quota');
    assert.deepEqual(of('swarm'), of('netns'));
  });
});

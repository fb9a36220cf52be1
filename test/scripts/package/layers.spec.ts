import assert from 'node:assert/strict';
import type { Metafile } from 'esbuild';
import { layers } from '../../../scripts/package/layers.ts';

/** What esbuild says of programs and modules that import these. */
function made(programs: string[], imports: Record<string, string[]>): Metafile {
  const inputs = Object.entries(imports).map(([module, paths]) => [
    module,
    {
      bytes: 1,
      imports: paths.map((path) => ({
        path,
        kind: 'import-statement',
        ...(!path.endsWith('.ts') && { external: true }),
      })),
    },
  ]);
  const outputs = programs.map((entryPoint) => [`${entryPoint}.js`, { entryPoint }]);
  return { inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(outputs) } as Metafile;
}

const GRAPH = made(
  [
    'lab/resetlab.ts',
    'gateway/start.ts',
    'robots/start.ts',
    'lab/evidence/observer.ts',
    'lab/bench/probe.ts',
  ],
  {
    'lab/resetlab.ts': ['common/old.ts'],
    'gateway/start.ts': ['system/a.ts', 'common/wire.ts'],
    'robots/start.ts': ['system/b.ts', 'common/wire.ts', 'common/old.ts'],
    'lab/evidence/observer.ts': ['system/a.ts', 'common/old.ts'],
    'lab/bench/probe.ts': ['node:fs'],
    'common/old.ts': ['node:fs'],
    'common/wire.ts': ['ws'],
    'system/a.ts': ['system/below.ts'],
    'system/b.ts': [],
    'system/below.ts': ['node:fs'],
  },
);

describe('scripts/package/layers', () => {
  const { beside, apart } = layers(GRAPH);
  const ours = (program: string) => beside.get(program)?.filter((one) => !one.startsWith('node:'));

  it('has all of a layer, and of those above, load what one of it shares, and what that imports', () => {
    const shared = ['common/old.ts', 'system/a.ts', 'system/below.ts'];
    for (const program of ['gateway/start.ts', 'robots/start.ts', 'lab/evidence/observer.ts'])
      assert.deepEqual(ours(program), shared);
  });

  it('has an old Node read nothing of the layers above, nor names that another module takes of Node', () => {
    assert.deepEqual(beside.get('lab/resetlab.ts'), ['common/old.ts']);
    assert.ok(apart.has('common/old.ts'));
    assert.ok(!apart.has('system/below.ts'));
  });

  it('leaves alone what shares nothing', () => {
    assert.equal(beside.has('lab/bench/probe.ts'), false);
    assert.ok(apart.has('lab/bench/probe.ts'));
  });
});

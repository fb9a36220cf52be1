import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { foreignImage } from '../image.ts';

const it = oneIn(2);

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    types: ['mocha', 'node'],
  },
};

/** What a team's project has besides this package and what that depends on. */
const THEIRS = ['testcontainers', 'mocha', '@types/mocha', '@types/node'];

describe('library: the example in a project of its own, with the package as npm packs it', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  let image: Awaited<ReturnType<typeof foreignImage>>;
  let project = '';

  before(async () => {
    image = await foreignImage();
    project = mkdtempSync(join(tmpdir(), 'resetlab-example-'));
    await install(project);
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ ...TSCONFIG, include: ['*.ts'] }));
    copyFileSync(join(ROOT, 'docs/examples/sustains.spec.ts'), join(project, 'sustains.spec.ts'));
  });

  after(async () => {
    if (project) rmSync(project, { recursive: true, force: true });
    await image?.[Symbol.asyncDispose]();
  });

  it('has types that hold', async () => {
    const { code, output } = await run(project, process.execPath, [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
    ]);
    assert.equal(code, 0, output);
  });

  it('has the schemas of the documents', async () => {
    const code =
      "import verdict from 'resetlab/schemas/verdict.schema.json' with { type: 'json' }; console.log(verdict.$id)";
    const { output } = await run(project, process.execPath, ['--input-type=module', '-e', code]);
    assert.equal(output, 'urn:resetlab:schema:1:verdict\n');
  });

  it('has the command, which runs the reported case in containers of an image made of the package', async () => {
    const bin = join(project, 'node_modules/resetlab/lab/resetlab.js');
    const args = ['--runtime', 'docker', '--users', '150', '--set', 'nofile=100', '--no-fix'];
    const { code, output } = await run(project, process.execPath, [bin, ...args]);
    assert.equal(code, 0, output);
    assert.match(output, /^CAUSE +fd-exhaustion: /m);
    assert.match(output, /^settings +runtime docker, nofile 100,/m);
  });

  it('passes, and prints the diagnosis', async () => {
    const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
    const env = { SERVER_IMAGE: image.name };
    const { code, output } = await run(project, process.execPath, [mocha, 'sustains.spec.ts'], env);
    assert.equal(code, 0, output);
    assert.match(output, /3 passing/);
    assert.match(output, /300 users requested, \d+ open, \d+ failed \(http, all at once\)/);
    assert.match(output, /limited by: nofile \(all 256 descriptors of the server in use\)/);
    assert.match(output, /sustained \d+, fails at \d+, limited by nofile/);
  });
});

/** Packs this project and puts it, with the dependencies that it declares and no others, into another one. */
async function install(project: string): Promise<void> {
  const packed = await run(ROOT, 'npm', ['run', '--silent', 'package', '--', '--pack-destination', project]);
  assert.equal(packed.code, 0, packed.output);
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz')) ?? '';
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'resetlab'), { recursive: true });
  const unpack = ['-xzf', join(project, tarball), '--strip-components=1', '-C', join(modules, 'resetlab')];
  assert.equal((await run(project, 'tar', unpack)).code, 0);
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(modules, 'resetlab/package.json'), 'utf8'),
  );
  assert.equal(optionalDependencies, undefined, 'no Node of ours in the project of others');
  for (const name of [...Object.keys(dependencies), ...THEIRS]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}

function run(cwd: string, command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(command, args, { cwd, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    );
  });
}

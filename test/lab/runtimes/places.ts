import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { skip } from '../../skip.ts';

/** A new label with other words than this lab's, by their place in it. */
export function labelWith(words: {
  pid?: number;
  start?: number;
  boot?: string;
  namespace?: string;
}): string {
  const [word, pid, start, number, place = ''] = newLabel().split('.');
  const [boot, namespace] = place.split('-');
  const { pid: p = pid, start: s = start, boot: b = boot, namespace: n = namespace } = words;
  return `${word}.${p}.${s}.${number}.${b}-${n}`;
}

/** The label of a lab of this place that has ended. */
export const deadLabel = () => labelWith({ pid: spawnSync('true').pid, start: 1 });

/** The label of a lab of another machine. */
export const foreignLabel = () => labelWith({ boot: '0123456789ab' });

/** A label as labs made them before there were places in it. */
export const oldLabel = (pid: number, start = 1) => `resetlab.${pid}.${start}.1`;

/** What runs a command in a pid namespace of its own; skips where none can be had. */
export function inOtherNamespace(context: Mocha.Context): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const prefix = ['unshare', ...user, '--pid', '--fork', '--kill-child', '--mount-proc'];
  const { status, stderr } = spawnSync(prefix[0] as string, [...prefix.slice(1), 'true'], {
    encoding: 'utf8',
  });
  if (status !== 0) skip(context, `no pid namespace of its own here: ${(stderr ?? 'no unshare').trim()}`);
  return prefix;
}

/** A lab, as far as its label goes, that lives until it is disposed of. */
export async function labBehind(prefix: readonly string[]): Promise<AsyncDisposable & { label: string }> {
  const module = join(PROJECT_ROOT, 'lab/runtimes/label.ts');
  const script = `import { newLabel } from ${JSON.stringify(module)}; console.log(newLabel()); process.stdin.resume();`;
  const argv = [...prefix, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(argv[0] as string, argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const [text] = await once(child.stdout, 'data');
  return {
    label: String(text).trim(),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** A process that does nothing, with these last words in its argv. */
export async function dummy(...words: string[]): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', 'echo ready; read -r _', 'sh', ...words], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

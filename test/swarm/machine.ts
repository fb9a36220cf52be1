import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { lastLine, run } from '../../common/run-command.ts';
import { retryUntil } from '../../common/waiting.ts';
import { readText } from '../../system/read.ts';
import type { Bind } from './layers.ts';
import { type MachineName, namespaceOf, pathOf } from './names.ts';

/** Becomes the engine. Gets the hostname, the folder of its data, folders to bind up to a `--`, and the engine's own arguments. */
const BECOME_ENGINE = [
  'hostname "$1" || exit',
  'data=$2',
  'shift 2',
  // A copy of what others have mounted would hold it when they remove it.
  `others=$(awk '/ - nsfs / || (/ - overlay / && $5 ~ /merged$/) { print $5 }' /proc/self/mountinfo)`,
  '[ -z "$others" ] || umount -l $others 2>/dev/null',
  // It would do so itself, over all that is bound below (moby daemon_linux.go setupDaemonRootPropagation, overlay.go MakePrivate).
  'mkdir -p "$data/overlay2" && mount --bind "$data" "$data" && mount --make-shared "$data" || exit',
  'mount --bind "$data/overlay2" "$data/overlay2" && mount --make-private "$data/overlay2" || exit',
  'while [ "$1" != -- ]; do mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" || exit; shift 2; done',
  'shift',
  // The sockets of this machine's containerd and of systemd are not for it, and what it leaves there goes with it.
  'mount -t tmpfs -o mode=755 tmpfs /run || exit',
  'exec dockerd "$@"',
].join('\n');

const READY_MS = 30_000;

/** What a machine is made of. */
export interface MachineSpec {
  label: string;
  name: MachineName;
  address: string;
  /** Of its own, and not there yet. */
  folder: string;
  /** Folders that only it sees. */
  binds: readonly Bind[];
}

/**
 * A machine as far as an engine can tell: a hostname, a network, processes and mounts of its own. It ends with this process, also when that
 * is killed.
 */
export class Machine {
  readonly spec: MachineSpec;
  readonly host: string;
  readonly docker: Docker;
  readonly #child: ChildProcess;
  readonly #log: string;

  /** Its network namespace has to be there. */
  constructor(spec: MachineSpec) {
    const { label, name, folder, binds } = spec;
    mkdirSync(folder, { recursive: true });
    const socketPath = join(folder, 'docker.sock');
    this.spec = spec;
    this.host = `unix://${socketPath}`;
    this.docker = new Docker({ socketPath });
    this.#log = join(folder, 'log');
    // What this machine's own engine is told does not hold for it.
    const config = join(folder, 'daemon.json');
    writeFileSync(config, '{}');
    const engine = [
      ...['-H', this.host, '--data-root', dataOf(spec), '--config-file', config],
      ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${label}`],
    ];
    const argv = [
      ...[
        'setpriv',
        '--pdeathsig',
        'KILL',
        '--',
        'nsenter',
        `--net=${pathOf(namespaceOf(label, name))}`,
        '--',
      ],
      ...[
        'unshare',
        '--mount',
        '--propagation',
        'slave',
        '--uts',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        '--',
      ],
      ...['/bin/sh', '-c', BECOME_ENGINE, 'sh', name, dataOf(spec), ...binds.flat(), '--', ...engine],
    ];
    const log = openSync(this.#log, 'w');
    // A session of its own: a Ctrl-C in the terminal comes to the test alone, which then ends it in order.
    this.#child = spawn(argv[0] as string, argv.slice(1), {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    closeSync(log);
  }

  /** Resolves when its engine answers; throws with the engine's last line when it does not. */
  async ready(): Promise<void> {
    const answers = () =>
      this.isGone
        ? false
        : this.docker.ping().then(
            () => true,
            () => undefined,
          );
    if (await retryUntil(answers, { everyMs: 50, forMs: READY_MS })) return;
    const last = readFileSync(this.#log, 'utf8').trim().split('\n').at(-1);
    throw new Error(`the engine of ${this.spec.name} does not answer: ${last}`);
  }

  get isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Pulls the plug: the engine and all its containers are killed. */
  async kill(): Promise<void> {
    if (this.isGone) return;
    const ended = once(this.#child, 'exit');
    // The child is unshare, and its only child is init of the pid namespace.
    const init = Number(readText(`/proc/${this.#child.pid}/task/${this.#child.pid}/children`));
    process.kill(init || (this.#child.pid as number), 'SIGKILL');
    await ended;
  }
}

/** Where the engine of a machine keeps its own. */
export function dataOf({ folder }: Pick<MachineSpec, 'folder'>): string {
  return join(folder, 'data');
}

/** Runs `ip`; throws with what it says. */
export async function ip(...args: string[]): Promise<void> {
  const ran = await run('ip', args);
  if (ran.code !== 0) throw new Error(`ip ${args.join(' ')}: ${lastLine(ran)}`);
}

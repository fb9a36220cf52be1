import { spawnSync } from 'node:child_process';
import { hasCommand } from '../../system/apt.ts';
import { readText } from '../../system/read.ts';
import { skip } from '../skip.ts';

/** Made and gone with the command: a machine of its own, the link of two, and what an overlay network is made of. */
const TRIAL = [
  'ip link add v0 type veth peer name v1',
  'ip link add x0 type vxlan id 1 dstport 4789',
  'ip link add b0 type bridge',
  'mount -t tmpfs tmpfs /run',
].join(' && ');

/** Why two engines cannot run on this machine, in one line; `due`: it has an engine and is root's, so they should. */
export interface Cannot {
  why: string;
  due: boolean;
}

/** Undefined: they can. */
export function cannot(): Cannot | undefined {
  const missing = (why: string) => ({ why: `two engines: ${why}`, due: false });
  if (process.platform !== 'linux') return missing('Linux only');
  if (process.getuid?.() !== 0) return missing('run as root');
  // user_namespaces(7): the first one has all numbers.
  if (!/^\s*0\s+0\s+4294967295$/m.test(readText('/proc/self/uid_map') ?? ''))
    return missing('root of a user namespace is not enough');
  if (!hasCommand('dockerd')) return missing('no dockerd; as root on Debian or Ubuntu: npm run engine');
  const none = ['ip', 'iptables', 'nsenter', 'unshare', 'setpriv', 'docker'].find(
    (name) => !hasCommand(name),
  );
  if (none !== undefined)
    return { ...missing(`no ${none}; apt-get install iproute2 iptables util-linux`), due: true };
  const trial = spawnSync('unshare', ['--net', '--mount', '--uts', '--pid', '--fork', 'sh', '-c', TRIAL], {
    encoding: 'utf8',
  });
  if (trial.status === 0) return undefined;
  const said = trial.stderr.trim().split('\n').at(-1) ?? '';
  return {
    ...missing(
      `this kernel, or whoever runs this container, refuses a namespace, veth, vxlan or bridge: ${said}`,
    ),
    due: true,
  };
}

/** Skips the suite around it, saying why, where two engines cannot run; it fails where they should and RESETLAB_DOCKER=required. */
export function onTwoEngines(): void {
  before(function () {
    const found = cannot();
    if (found === undefined) return;
    if (found.due && process.env.RESETLAB_DOCKER === 'required') throw new Error(found.why);
    skip(this, found.why);
  });
}

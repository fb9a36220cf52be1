import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { CannotRunError } from '../../../common/errors.ts';
import { descendantsOf } from './cpu-time.ts';

/** Of a machine that was never tuned: net.core.rmem_default and rmem_max of Linux on most. */
export const SMALL_BUFFER = 212_992;

/**
 * `ss` asks for a receive buffer of 1 MiB (iproute2 lib/libnetlink.c rcvbuf), cut to net.core.rmem_max, which is the whole machine's and no
 * business of ours. So its very socket is taken hold of (pidfd_getfd(2)) and given a smaller one; the kernel doubles what is asked for.
 */
const SHRINK = `
import ctypes, os, socket, sys
pid, size = int(sys.argv[1]), int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)
whole = os.pidfd_open(pid)
got = 0
for name in os.listdir(f'/proc/{pid}/fd'):
    if not os.readlink(f'/proc/{pid}/fd/{name}').startswith('socket:'): continue
    copy = libc.syscall(438, whole, int(name), 0)
    if copy < 0: sys.exit(os.strerror(ctypes.get_errno()))
    one = socket.socket(fileno=copy)
    if one.family != socket.AF_NETLINK: continue
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size // 2)
    got = one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
print(got)
`;

/** Gives the netlink socket of the `ss` below this process a receive buffer of SMALL_BUFFER bytes. Throws CannotRunError when it cannot. */
export function shrinkBuffer(observer: number): void {
  const ss = ssBelow(observer);
  const { stdout, stderr, error } = spawnSync('python3', ['-c', SHRINK, `${ss}`, `${SMALL_BUFFER}`], {
    encoding: 'utf8',
  });
  if (stdout?.trim() === `${SMALL_BUFFER}`) return;
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  throw new CannotRunError(
    `the receive buffer of ss cannot be made smaller: ${why || `it is ${stdout.trim()}`}`,
  );
}

/** Stops the `ss` below this process until it is told to go on: what the kernel tells meanwhile has only the buffer. */
export function holdUp(observer: number): { goOn(): void } {
  const ss = ssBelow(observer);
  process.kill(ss, 'SIGSTOP');
  return { goOn: () => process.kill(ss, 'SIGCONT') };
}

function ssBelow(observer: number): number {
  const ss = descendantsOf(observer).find((pid) => programOf(pid) === 'ss');
  if (ss === undefined) throw new CannotRunError('the observer runs no ss');
  return ss;
}

/** Can it be tried here at all? Else why not. */
export function whyNotSmaller(): string | undefined {
  const { status } = spawnSync('python3', ['-c', 'import ctypes, os; os.pidfd_open'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'making the receive buffer of ss smaller needs python3 (3.9)';
}

function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`).split('/').at(-1);
  } catch {
    return undefined;
  }
}

import { endAll, startProcess } from '../../runtimes/processes.ts';
import type { Part, Stage } from '../../runtimes/runtime.ts';

/** Of the server's end of the cable, in namespaces that nothing else is in. */
const SERVER = '10.231.0.1';
const CLIENT = '10.231.0.2';

/** Gets the server's pid, and the command. The cable goes with the namespace that has its other end, and so with the client. */
const CONNECT = [
  'server=$1',
  'shift',
  'there() { nsenter -t "$server" -n "$@"; }',
  'set -e',
  'there ip link add lab0 type veth peer name lab1 netns $$',
  `there ip addr add ${SERVER}/30 dev lab0`,
  'there ip link set lab0 up',
  `ip addr add ${CLIENT}/30 dev lab1`,
  'ip link set lab1 up',
  'echo 1024 65535 > /proc/sys/net/ipv4/ip_local_port_range',
  'exec "$@"',
].join('\n');

/**
 * A place for the client in a network namespace of its own, by a cable (veth) with the server's, as real users are: the kernel then frees one
 * socket a connection in the server's namespace, not two. The server must listen at all addresses.
 */
export function elsewhere(
  label: string,
  server: number,
): Pick<Stage, 'start' | 'targetHost'> & AsyncDisposable {
  const parts = new Set<Part>();
  const user = process.getuid?.() === 0 ? [] : ['-U', '--preserve-credentials'];
  const enter = ['nsenter', '-t', `${server}`, '-n', ...user, '--'];
  return {
    targetHost: SERVER,
    async start(spec) {
      const prefix = [...enter, 'unshare', '--net', '/bin/sh', '-c', CONNECT, 'sh', `${server}`];
      const part = startProcess(spec, label, prefix);
      parts.add(part);
      return part;
    },
    async [Symbol.asyncDispose]() {
      await endAll(parts);
    },
  };
}

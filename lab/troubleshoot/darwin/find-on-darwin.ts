import { defined } from '../../../common/defined.ts';
import { UsageError } from '../../../common/errors.ts';
import type { Shell } from '../shell.ts';
import {
  DEFAULT_PORT,
  type Found,
  mostOf,
  nobodyOn,
  type Subject,
  type Wanted,
  type Watched,
} from '../subject.ts';

/** Finds the server by lsof. Throws as find does. Not run on macOS. */
export async function findOnDarwin(wanted: Wanted, shell: Shell): Promise<Found> {
  const { pid, log } = wanted;
  await existing('--pid', pid, shell);
  const robots = await existing('--robots', wanted.robots, shell);
  const port = wanted.port ?? (pid === undefined ? DEFAULT_PORT : await portOf(pid, shell));
  const rows = await socketsOf(port, shell);
  const holders = holdersIn(rows, port);
  const chosen = pid !== undefined && holders.includes(pid) ? pid : holders[0];
  if (pid !== undefined && chosen !== pid)
    throw new UsageError(
      `--pid ${pid}: this process listens on no TCP port ${port}; allowed: a process that lsof -nP -iTCP -sTCP:LISTEN shows`,
    );
  const server =
    chosen === undefined
      ? undefined
      : {
          pid: chosen,
          name: rows.find((row) => row.pid === chosen)?.name ?? '?',
          ...defined({ nofile: wanted.nofile }),
        };
  const orAsRoot = process.getuid?.() === 0 ? '' : ', or run as root: lsof shows only processes of this user';
  const subject: Subject = {
    os: 'darwin',
    port,
    listening: server !== undefined,
    pids: holders,
    prefix: '',
    netDir: '',
    locked: false,
    ...defined({ server, robots, log, missing: server ? undefined : `${nobodyOn(port)}${orAsRoot}` }),
  };
  return {
    subject,
    holders: async () => holdersIn(await socketsOf(port, shell), port),
    robots: async () => robots ?? busiestClient(await socketsOf(port, shell), subject),
  };
}

async function socketsOf(port: number, shell: Shell): Promise<Row[]> {
  return parseSockets((await shell(`lsof -nP -iTCP:${port}`)).out);
}

function holdersIn(rows: readonly Row[], port: number): number[] {
  const listening = rows.filter((row) => row.state === 'LISTEN' && row.address.endsWith(`:${port}`));
  return [...new Set(listening.map((row) => row.pid))];
}

function busiestClient(rows: readonly Row[], { port, pids }: Subject): Watched | undefined {
  const counts = new Map<number, number>();
  for (const { pid, address } of rows)
    if (/->.*:\d+$/.test(address) && address.endsWith(`:${port}`) && !pids.includes(pid))
      counts.set(pid, (counts.get(pid) ?? 0) + 1);
  const most = mostOf(counts);
  const name = rows.find((row) => row.pid === most)?.name ?? '?';
  return most === undefined ? undefined : { pid: most, name };
}

async function existing(flag: string, pid: number | undefined, shell: Shell): Promise<Watched | undefined> {
  if (pid === undefined) return undefined;
  const name = (await shell(`ps -o comm= -p ${pid}`)).out.trim().split('/').at(-1);
  if (!name) throw new UsageError(`${flag} ${pid}: no such process; allowed: the pid of a running process`);
  return { pid, name };
}

async function portOf(pid: number, shell: Shell): Promise<number> {
  const rows = parseSockets((await shell(`lsof -nP -a -p ${pid} -iTCP -sTCP:LISTEN`)).out);
  const ports = [...new Set(rows.map(({ address }) => Number(address.split(':').at(-1))))].sort(
    (a, b) => a - b,
  );
  const [only] = ports;
  if (only === undefined)
    throw new UsageError(
      `--pid ${pid}: lsof shows no TCP port on which it listens; allowed: a process of this user, or any as root`,
    );
  if (ports.length > 1)
    throw new UsageError(
      `--pid ${pid}: this process listens on ${ports.join(', ')}; add --port with one of them`,
    );
  return only;
}

/** A TCP socket as `lsof -nP -iTCP:8080` lists it. */
export interface Row {
  /** The command, as far as lsof shows it. */
  name: string;
  pid: number;
  /** `*:8080` of a listener, `127.0.0.1:50001->127.0.0.1:8080` of a connection. */
  address: string;
  state: string;
}

/** Rows that it does not know are passed over. lsof writes a space in a command's name as \x20 (lsof(8), OUTPUT). */
export function parseSockets(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\S+)\s+(\d{1,9})\s.*\sTCP\s+(\S+:\d{1,5})(?:\s+\((\w+)\))?\s*$/.exec(line);
    if (match === null) return [];
    const [, name = '', pid, address = '', state = ''] = match;
    return [{ name, pid: Number(pid), address, state }];
  });
}

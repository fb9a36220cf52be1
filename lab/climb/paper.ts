import { count } from '../../common/format.ts';
import type { ClimbLoad, ClimbPaper, Estimate } from './climb-document.ts';
import { type Line, lineThrough } from './line.ts';

/** What is put on paper alone. */
export const PAPER_USERS = 1_000_000;

/** What is known of this machine. */
export interface PaperMachine {
  /** The highest nofile of a gateway. */
  nofile: number;
  /** Descriptors of a gateway at rest. */
  atRest: number;
  /** Local ports that one source has for one gateway. */
  ports: number;
  /** Its memory, bytes; null: the lab does not see it. */
  bytes: number | null;
}

/** What so many users would take, by the laws and by the lines through the loads of this climb. Pure. */
export function paperOf(
  loads: readonly ClimbLoad[],
  { nofile, atRest, ports, bytes }: PaperMachine,
  users = PAPER_USERS,
): ClimbPaper {
  const gateways = Math.ceil(users / Math.max(1, nofile - atRest));
  const sources = Math.ceil(Math.ceil(users / gateways) / Math.max(1, ports));
  const user = lineOf(loads, ({ userBytes }) => userBytes);
  const kernel = lineOf(loads, ({ kernelBytes }) => kernelBytes);
  const cpu = lineOf(loads, ({ cpuMicros }) => cpuMicros);
  const [userBytes, kernelBytes] = [user, kernel].map((one) => one?.line.at(users) ?? null) as [
    Estimate | null,
    Estimate | null,
  ];
  const micros = cpu?.line.at(users);
  return {
    predicted: true,
    users,
    gateways,
    nofile,
    descriptors: 2 * users + gateways * atRest,
    sources,
    ports,
    userBytes,
    kernelBytes,
    cpuSeconds: micros ? times(micros, 1e-6) : null,
    machines: userBytes && kernelBytes && bytes ? times(both(userBytes, kernelBytes), 1 / bytes) : null,
    machineBytes: bytes,
    basis: [
      `gateways: ${count(users, 'user')} / (nofile ${nofile} - ${atRest} descriptors at rest), rounded up`,
      'descriptors: one at each end of a connection, and those of the gateways at rest',
      `sources: users of one gateway / ${ports} local ports of one address, rounded up`,
      basisOf('memory in user space', user, 1024, 'KiB', 'resident memory of gateways and fleets'),
      basisOf(
        'memory in the kernel',
        kernel,
        1024,
        'KiB',
        "Slab of /proc/meminfo and TCP's pages of /proc/net/sockstat, with all settled less before",
      ),
      basisOf('CPU', cpu, 1000, 'ms', 'CPU time of gateways and fleets'),
      'machines: memory of both kinds / MemTotal of this one',
    ],
  };
}

interface Drawn {
  line: Line;
  loads: number;
}

/** Undefined where the loads are too few, or a user takes less than the error of what it takes. */
function lineOf(loads: readonly ClimbLoad[], figure: (load: ClimbLoad) => number | null): Drawn | undefined {
  const points = loads.flatMap((load) => {
    const y = figure(load);
    return y === null ? [] : [{ x: load.open, y }];
  });
  const line = lineThrough(points);
  return line && line.slope.value > line.slope.error ? { line, loads: points.length } : undefined;
}

function basisOf(name: string, drawn: Drawn | undefined, unit: number, unitName: string, of: string): string {
  if (drawn === undefined)
    return `${name}: not known: fewer than three loads tell it, or they scatter too much`;
  const { value, error } = times(drawn.line.slope, 1 / unit);
  return `${name}: ${value.toFixed(2)} ± ${error.toFixed(2)} ${unitName} a user by the line of least squares through ${count(drawn.loads, 'load')} (${of})`;
}

function times({ value, error }: Estimate, factor: number): Estimate {
  return { value: value * factor, error: error * factor };
}

/** Of two sums that were measured apart. */
function both(a: Estimate, b: Estimate): Estimate {
  return { value: a.value + b.value, error: Math.hypot(a.error, b.error) };
}

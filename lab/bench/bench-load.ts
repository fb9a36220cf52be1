import { pathToFileURL } from 'node:url';
import { defined } from '../../common/defined.ts';
import { CannotRunError } from '../../common/errors.ts';
import { programAt } from '../../common/own-files.ts';
import { FLEET, robotsEnvironment } from '../drivers/robots-driver.ts';
import type { Part, PartSpec, Stage } from '../runtimes/runtime.ts';
import type { BenchDriver, Paths } from './drivers.ts';
import type { Cost } from './figures.ts';
import { artilleryTool, k6Tool, type LoadResult, type Target, type Tool } from './foreign/tools.ts';
import type { CostLine } from './probe.ts';

/** As a URL: a path with spaces would end at the first in NODE_OPTIONS. */
const PROBE = pathToFileURL(programAt('lab/bench/probe.ts')).href;
/** In its best form. */
const SOCKETS_PER_VU = 500;

/** A part, and what it has cost, once it has ended. Throws CannotRunError when that was not told. */
export interface Measured {
  part: Part;
  cost(): Cost;
}

/** A load that runs; `result` once its part has ended. Throws CannotRunError when that was not told. */
export interface Load extends Measured {
  result(): LoadResult;
}

/** The generators' last line: our fleet's and the bare client's. */
type OwnResult = LoadResult & {
  event?: 'done';
  self?: { processes: number; rss: number; cpuMicros: number };
};

/** Starts the load of this driver. */
export async function startLoad(
  stage: Stage,
  driver: BenchDriver,
  paths: Paths,
  target: Target,
): Promise<Load> {
  const tool = toolOf(driver, paths, target);
  return tool ? startTool(stage, target, tool) : startOwn(stage, driver, target);
}

/** The generator that is not ours; undefined for one that is. */
function toolOf(driver: BenchDriver, { k6 = 'k6', artillery = 'artillery' }: Paths, target: Target) {
  if (driver === 'k6-vu') return k6Tool(k6, 1, target);
  if (driver === 'k6-sockets') return k6Tool(k6, SOCKETS_PER_VU, target);
  return driver === 'artillery' ? artilleryTool(artillery, target) : undefined;
}

async function startOwn(stage: Stage, driver: BenchDriver, target: Target): Promise<Load> {
  let last: OwnResult | undefined;
  const { part, cost } = await startMeasured(stage, {
    // A bare socket is what Node makes of it by itself.
    ...(driver.startsWith('bare') ? { role: 'robots', module: 'robots/bare.ts' } : FLEET),
    env: {
      ...(await robotsEnvironment(target.settings)),
      TARGET_HOST: target.host,
      TARGET_PORT: String(target.port),
    },
    ...defined({ nofile: target.settings.robots_nofile }),
    onLine: (line) => {
      const { event } = line as { event?: string };
      if (event === undefined || event === 'done') last = line as OwnResult;
    },
  });
  const result = () => {
    if (last === undefined) throw new CannotRunError(`${driver}: no result`);
    return last;
  };
  return {
    part,
    result,
    cost() {
      const { self } = result();
      // A fleet of several processes sums them up itself; the probe sees the first one only.
      return self && self.processes > 1 ? { cpuMicros: self.cpuMicros, peakBytes: self.rss } : cost();
    },
  };
}

/** A generator that is not ours takes no probe: a process of ours starts it and watches it from outside. */
async function startTool(stage: Stage, target: Target, { command, env, result }: Tool): Promise<Load> {
  const spec: PartSpec = {
    role: 'robots',
    module: 'lab/bench/foreign/foreign-main.ts',
    env: { ...env, TOOL: JSON.stringify(command) },
    ...defined({ nofile: target.settings.robots_nofile }),
    onLine: () => {},
  };
  return { ...(await startTold(stage, spec, command[0] ?? 'the tool')), result };
}

/** Starts a part of ours with the probe in it. */
export function startMeasured(stage: Stage, spec: PartSpec): Promise<Measured> {
  const options = process.env.NODE_OPTIONS ?? '';
  const env = { ...spec.env, NODE_OPTIONS: `${options} --import=${PROBE}`, BENCH_NODE_OPTIONS: options };
  return startTold(stage, { ...spec, env }, spec.role);
}

/** Starts a part that tells in a line what it has cost; `who` it is called when it does not. */
async function startTold(stage: Stage, spec: PartSpec, who: string): Promise<Measured> {
  let last: CostLine | undefined;
  const part = await stage.start({
    ...spec,
    onLine: (line) => {
      if ((line as CostLine).event === 'cost') last = line as CostLine;
      else spec.onLine(line);
    },
  });
  return {
    part,
    cost() {
      if (last === undefined) throw new CannotRunError(`${who}: ended without reporting its cost`);
      return { cpuMicros: last.cpuMicros, peakBytes: last.peakRss };
    },
  };
}

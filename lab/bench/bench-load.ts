import { CannotRunError } from '../../common/errors.ts';
import { robotsEnvironment } from '../drivers/robots-driver.ts';
import type { Part, PartSpec, Stage } from '../runtimes/runtime.ts';
import type { BenchDriver, Paths } from './drivers.ts';
import type { Cost } from './figures.ts';
import { artilleryTool } from './foreign/artillery-tool.ts';
import { k6Tool } from './foreign/k6-tool.ts';
import type { LoadResult, Target, Tool } from './foreign/tool.ts';
import type { CostLine } from './probe.ts';

/** As a URL: a path with spaces would end at the first in NODE_OPTIONS. */
const PROBE = new URL('./probe.ts', import.meta.url).href;
/** In its best form. */
const SOCKETS_PER_VU = 500;

/** A load that runs; `result` and `cost` once its part has ended. Both throw CannotRunError when they were not told. */
export interface Load {
  part: Part;
  result(): LoadResult;
  cost(): Cost;
}

/** The generators' last line: our fleet's and the bare client's. */
type OwnResult = LoadResult & {
  event?: 'done';
  self?: { processes: number; rss: number; cpuMicros: number };
};

/** Starts the load of this driver. */
export function startLoad(stage: Stage, driver: BenchDriver, paths: Paths, target: Target): Promise<Load> {
  if (driver === 'k6-vu') return startTool(stage, target, k6Tool(paths.k6 ?? 'k6', 1, target));
  if (driver === 'k6-sockets')
    return startTool(stage, target, k6Tool(paths.k6 ?? 'k6', SOCKETS_PER_VU, target));
  if (driver === 'artillery')
    return startTool(stage, target, artilleryTool(paths.artillery ?? 'artillery', target));
  return startOwn(stage, driver, target);
}

async function startOwn(stage: Stage, driver: BenchDriver, target: Target): Promise<Load> {
  let last: OwnResult | undefined;
  const { part, cost } = await startMeasured(stage, {
    role: 'robots',
    module: driver === 'bare' ? 'robots/bare.ts' : 'robots/main.ts',
    env: {
      ...robotsEnvironment(target.settings),
      TARGET_HOST: target.host,
      TARGET_PORT: String(target.port),
    },
    ...nofileOf(target),
    onLine: (line) => {
      const { event } = line as { event?: string };
      if (event === undefined || event === 'done') last = line as OwnResult;
    },
  });
  const result = () => last ?? noResult(driver);
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
async function startTool(stage: Stage, target: Target, tool: Tool): Promise<Load> {
  let last: CostLine | undefined;
  const part = await stage.start({
    role: 'robots',
    module: 'lab/bench/foreign/foreign-main.ts',
    env: { ...tool.env, TOOL: JSON.stringify(tool.command) },
    ...nofileOf(target),
    onLine: (line) => {
      if ((line as CostLine).event === 'cost') last = line as CostLine;
    },
  });
  return { part, result: () => tool.result(), cost: () => costOf(last, tool.command[0] ?? 'the tool') };
}

/** A part with the probe in it, and what it has cost, once it has ended. */
export interface Measured {
  part: Part;
  cost: () => Cost;
}

/** Starts a part of ours with the probe in it. */
export async function startMeasured(stage: Stage, spec: PartSpec): Promise<Measured> {
  const options = process.env.NODE_OPTIONS ?? '';
  let last: CostLine | undefined;
  const part = await stage.start({
    ...spec,
    env: { ...spec.env, NODE_OPTIONS: `${options} --import=${PROBE}`, BENCH_NODE_OPTIONS: options },
    onLine: (line) => {
      if ((line as CostLine).event === 'cost') last = line as CostLine;
      else spec.onLine(line);
    },
  });
  return { part, cost: () => costOf(last, spec.role) };
}

function costOf(line: CostLine | undefined, who: string): Cost {
  if (line === undefined) throw new CannotRunError(`${who}: ended without telling its cost`);
  return { cpuMicros: line.cpuMicros, peakBytes: line.peakRss };
}

function nofileOf({ settings: { robots_nofile: nofile } }: Target): { nofile?: number } {
  return nofile === undefined ? {} : { nofile };
}

function noResult(driver: BenchDriver): never {
  throw new CannotRunError(`${driver}: no result`);
}

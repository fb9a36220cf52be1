import { LAB } from '../../../common/called.ts';
import { added, type Next, whole } from '../../../common/next.ts';
import { shellWord } from '../../../common/shell-word.ts';
import type { ServerThresholdDocument } from './server-threshold-document.ts';

/** What helps most once the threshold of a server is known: to see what a user more meets, else to try more users. */
export function nextAfterServerThreshold(document: ServerThresholdDocument): Next | undefined {
  const { points, load, complete, watched } = document;
  const [point] = points;
  if (point === undefined) return undefined;
  const { failsAt, atLeast, limit } = point;
  if (atLeast && complete) return added(`--up-to ${2 * load.users}`, 'nobody failed yet');
  if (failsAt === null) return undefined;
  if (limit === 'rate' && complete)
    return added(`--ramp ${secondsOf(document)}s`, 'how many it holds when they come slowly');
  if (!watched) return undefined;
  return whole(
    `${LAB} diagnose ${serverOf(document)} --load ${failsAt}`,
    'the evidence for it, and what mends it',
  );
}

/** The server, and what users speak, as flags. */
function serverOf({ target, load }: ServerThresholdDocument): string {
  const { url, container, how, pid, port } = target;
  if (url !== undefined && container === null) return `--url ${shellWord(url)}`;
  const place = container === null ? (how === 'pid' ? `--pid ${pid} ` : '') : `--container ${container} `;
  if (url !== undefined) return `${place}--url ${shellWord(url)}`;
  const speaks = load.kind === 'tcp' ? '' : ` --kind ${load.kind}`;
  const asks = load.path === '/' ? '' : ` --path ${shellWord(load.path)}`;
  return `${place}--port ${port}${speaks}${asks}`;
}

function secondsOf({ points }: ServerThresholdDocument): number {
  const slow = points[0]?.trials.filter(({ pace }) => pace === 'slow') ?? [];
  return Math.ceil(Math.max(1000, ...slow.map(({ rampMs }) => rampMs)) / 1000);
}

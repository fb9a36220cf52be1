import type { Command } from 'commander';
import { Debug } from '../../common/debug.ts';
import { count } from '../../common/format.ts';
import { cleanInstances } from '../evidence/linux/trace/clean-traces.ts';
import { cleanCgroups } from '../runtimes/cgroup/clean-cgroups.ts';
import { cleanProcesses } from '../runtimes/clean-processes.ts';
import type { Cleaned } from '../runtimes/cleaned.ts';
import { cleanDocker } from '../runtimes/docker/clean-docker.ts';
import { JSON_ONLY } from './option-words.ts';
import { printDocument } from './verb-ending.ts';

/** The kinds of things that `clean` removes, in its order, with the word for one. */
const KINDS = {
  processes: 'process',
  cgroups: 'cgroup',
  services: 'service',
  containers: 'container',
  networks: 'network',
  traces: 'trace instance',
} as const;

type Kind = keyof typeof KINDS;
type All = Record<Kind, Cleaned<string | number>>;

const debug = new Debug('clean');

/** `clean`: removes what a killed lab left behind, by label, and only that. */
export function cleanVerb(program: Command): void {
  program
    .command('clean')
    .description(
      'remove what a killed run left behind: processes, cgroups, services, containers, networks, trace instances',
    )
    .option('--force', 'also remove what belongs to runs that may still be going, unseen from here')
    .option('--json', JSON_ONLY)
    .action(async ({ force = false, json }: { force?: boolean; json?: boolean }) => {
      const processes = cleanProcesses(force);
      // A cgroup can go once the processes in it have.
      const cgroups = await debug.wait('cgroups to go', cleanCgroups(force));
      const docker = await debug.wait('services, containers and networks to go', cleanDocker(force));
      const all: All = { processes, cgroups, ...docker, traces: cleanInstances(force) };
      printDocument(documentOf(all), () => textOf(all), json);
    });
}

const kinds = Object.keys(KINDS) as Kind[];

/** Names of what was removed, by kind, then the same of what was left, and what could not be removed. */
function documentOf(all: All) {
  const namesOf = (part: 'removed' | 'left') =>
    Object.fromEntries(kinds.map((kind) => [kind, all[kind][part]]));
  const failed = kinds.flatMap((kind) => all[kind].failed.map((failure) => ({ kind, ...failure })));
  return { ...namesOf('removed'), left: namesOf('left'), failed };
}

/** One line about what was removed, and one each about what was left and what could not be removed, if any. */
function textOf(all: All): string {
  const counted = (kind: Kind, part: 'removed' | 'left') => count(all[kind][part].length, KINDS[kind]);
  const left = kinds.flatMap((kind) =>
    all[kind].left.length > 0 ? `${counted(kind, 'left')} (${all[kind].left.join(', ')})` : [],
  );
  const failed = kinds.flatMap((kind) =>
    all[kind].failed.map(({ name, why }) => `${KINDS[kind]} ${name} (${why.replace(/\s+/g, ' ')})`),
  );
  const lines = [
    kinds.some((kind) => all[kind].removed.length > 0)
      ? `removed ${kinds.map((kind) => counted(kind, 'removed')).join(', ')}`
      : `nothing was ${left.length + failed.length > 0 ? 'removed' : 'left behind'}`,
  ];
  if (left.length > 0)
    lines.push(`left: ${left.join(', ')} of labs that cannot be seen from here; --force removes them`);
  if (failed.length > 0) lines.push(`not removed: ${failed.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

import type { Command } from 'commander';
import { cleanInstances } from '../evidence/linux/trace/clean.ts';
import { cleanCgroups } from '../runtimes/cgroup/clean.ts';
import { cleanProcesses } from '../runtimes/clean-processes.ts';
import { cleanDocker } from '../runtimes/docker/clean.ts';

/** `clean`: removes what a killed lab left, by label, and only that. */
export function cleanVerb(program: Command): void {
  program
    .command('clean')
    .description(
      'remove what a killed run left behind: processes, cgroups, containers, networks, trace instances',
    )
    .option('--json', 'one JSON document on stdout')
    .action(async ({ json }: { json?: boolean }) => {
      const processes = cleanProcesses();
      // A cgroup can go once the processes in it have.
      const cgroups = await cleanCgroups();
      const { containers, networks } = await cleanDocker();
      const traces = cleanInstances();
      const document = { processes, cgroups, containers, networks, traces };
      const total = Object.values(document).reduce((sum, { length }) => sum + length, 0);
      process.stdout.write(
        json
          ? `${JSON.stringify(document)}\n`
          : total === 0
            ? 'nothing was left behind\n'
            : `removed ${processes.length} processes, ${cgroups.length} cgroups, ${containers.length} containers, ${networks.length} networks, ${traces.length} trace instances\n`,
      );
    });
}

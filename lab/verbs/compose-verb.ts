import type { Command } from 'commander';
import { fdExhaustion } from '../causes/fd-exhaustion.ts';
import { pickDriver } from '../drivers/pick-driver.ts';
import { composeOf } from '../runtimes/compose/compose-runtime.ts';
import { joinStack } from '../runtimes/compose/joined-stack.ts';
import { checkCapacity } from '../settings/capacity.ts';
import { checkTogether } from '../settings/together.ts';
import { execute } from './run-verb.ts';
import { stackSettings } from './stack-settings.ts';

/** `compose`: what the `lab` service of docker-compose.yml runs: the reported scenario with the stack's own settings. */
export function composeVerb(program: Command): void {
  program
    .command('compose', { hidden: true })
    .description('the lab service of docker-compose.yml')
    .option('--runs <folder>', 'where run folders go', '/app/runs')
    .action(async ({ runs }: { runs: string }) => {
      // Files made here belong to the image's user, and to the group of ./runs (see `prepare` in docker-compose.yml): whoever
      // cloned the project must be able to remove them, and nobody else to write to them.
      process.umask(0o002);
      await using stack = await joinStack(process.env);
      const runtime = composeOf(stack);
      const loader = stack.k6.length > 0 ? 'k6' : 'robots';
      const settings = stackSettings(process.env, stack[loader].length, loader);
      const driver = pickDriver(loader);
      await runtime.check(settings);
      checkTogether(settings);
      checkCapacity(settings, true, { moreSources: '--scale robots=N' });
      driver.check(settings, true);
      process.exitCode = await execute(
        { settings, runtime, driver },
        { cause: fdExhaustion, fix: true, json: false, runs, trace: true },
      );
    });
}

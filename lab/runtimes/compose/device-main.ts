/** Prints the interface of this container that has the address of the name given: `device-main.ts gateway.arena`. For `prepare` of docker-compose.yml. */
import { CannotRunError, UsageError } from '../../../common/errors.ts';
import { tell } from '../../../common/tell.ts';
import { deviceOf } from './device-of.ts';

async function main(name: string | undefined): Promise<void> {
  if (name === undefined)
    throw new UsageError('device-main: no name is given; allowed: one of this container');
  const device = await deviceOf(name);
  if (device === undefined)
    throw new CannotRunError(`${name}: no interface of this container has its address`);
  process.stdout.write(`${device}\n`);
}

main(process.argv[2]).catch((error) => {
  process.exitCode = tell(error, 'prepare');
});

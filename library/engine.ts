import type Docker from 'dockerode';
import { getContainerRuntimeClient } from 'testcontainers';
import { CannotRunError, messageOf } from '../common/errors.ts';

/** The engine that testcontainers found, so that everything is in the same one. @throws {CannotRunError} when none. */
export async function engine(): Promise<Docker> {
  try {
    return (await getContainerRuntimeClient()).container.dockerode;
  } catch (error) {
    throw new CannotRunError(`no container engine: ${messageOf(error).split('\n')[0]}; start Docker`);
  }
}

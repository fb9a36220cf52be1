import type Docker from 'dockerode';
import { CannotRunError, messageOf } from '../../../common/errors.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { DELAY_SCRIPT, firstLine, parseQdisc, refusedDelay } from '../link-delay.ts';
import type { LinkQdisc } from '../runtime.ts';
import { runThrowAway, type ThrowAway } from './throw-away.ts';

/**
 * Delays what a container sends by its eth0. The parts have no capability, so tc runs beside them: in a container that
 * joins the network namespace, has CAP_NET_ADMIN and nothing else, and ends at once. Throws CannotRunError.
 */
export async function delayContainer(
  docker: Docker,
  image: string,
  id: string,
  ms: number,
): Promise<LinkQdisc> {
  const { code, said } = await runDelay(docker, image, `container:${id}`, 'eth0', ms).catch((error) => {
    throw new CannotRunError(`link delay: ${firstLine(messageOf(error))}`);
  });
  if (code !== 0) throw new CannotRunError(`link delay: ${firstLine(said)}`);
  return parseQdisc(said);
}

/** Throws UsageError when `link_delay_ms` is asked for and this engine cannot do it: tried on a loopback of its own. */
export async function checkContainerDelay(
  docker: Docker,
  image: string,
  settings: ResolvedSettings,
): Promise<void> {
  const { link_delay_ms } = settings.values;
  if (link_delay_ms === 0) return;
  const { code, said } = await runDelay(docker, image, 'none', 'lo', link_delay_ms).catch((error) => ({
    code: 1,
    said: messageOf(error),
  }));
  if (code !== 0) throw refusedDelay(settings, `this engine or kernel refuses it (${firstLine(said)})`, '');
}

function runDelay(
  docker: Docker,
  image: string,
  network: string,
  device: string,
  ms: number,
): Promise<ThrowAway> {
  const command = ['/bin/sh', `/app/${DELAY_SCRIPT}`, device, String(ms)];
  return runThrowAway(docker, image, command, { NetworkMode: network, CapAdd: ['NET_ADMIN'] }, 'root');
}

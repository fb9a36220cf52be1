import { execFileSync } from 'node:child_process';
import type Docker from 'dockerode';
import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { countDescriptors, readNofile } from '../../../system/descriptors.ts';
import { readAcceptQueue } from '../../../system/proc/net-tcp.ts';
import { allPids } from '../../../system/proc/process.ts';
import { readText } from '../../../system/read.ts';
import { refused } from '../../settings/refused.ts';
import type { SettingName } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import type { ProxySeen } from '../runtime.ts';

const LOOPBACK = '127.0.0.1';
const LOOK_MS = 50;

/** What publishes a container's port on 127.0.0.1 of the engine's host, on a port that the engine chooses. */
export function publishing(port: number): Pick<Docker.ContainerCreateOptions, 'ExposedPorts' | 'HostConfig'> {
  const name = `${port}/tcp`;
  return {
    ExposedPorts: { [name]: {} },
    HostConfig: { PortBindings: { [name]: [{ HostIp: LOOPBACK, HostPort: '' }] } },
  };
}

/** Throws UsageError for a setting that users on the engine's host cannot have. */
export function checkPublished(settings: ResolvedSettings, impossible: readonly SettingName[]): void {
  if (settings.values.via !== 'published') return;
  for (const name of impossible) {
    if (settings.values[name] === undefined) continue;
    throw refused(
      settings,
      name,
      `users of a published port are in the host's network, whose settings the lab never changes; allowed: leave it out, or via=direct`,
    );
  }
}

/** The port on the host, and docker's proxy behind it, watched from now on. */
export class Published {
  readonly host = LOOPBACK;
  readonly port: number;
  readonly #pid: number | undefined;
  readonly #atRest: number | undefined;
  readonly #timer: NodeJS.Timeout;
  #peak = 0;

  private constructor(port: number, nofile: number | undefined) {
    this.port = port;
    this.#pid = proxyOf(port);
    if (nofile !== undefined) limit(this.#pid, nofile);
    this.#atRest = this.#count();
    this.#timer = setInterval(() => this.#count(), LOOK_MS);
  }

  /**
   * Of a container that was started with `publishing`; `nofile` becomes the limit of the proxy's process.
   * Throws CannotRunError when the port is not published, or the proxy cannot be limited.
   */
  static async of(container: Docker.Container, port: number, nofile: number | undefined): Promise<Published> {
    const { NetworkSettings } = await container.inspect();
    const bound = Number(NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort);
    if (!bound) throw new CannotRunError('docker: via=published: this engine has not published the port');
    return new Published(bound, nofile);
  }

  /** What is to be seen of the proxy now; undefined where it is no process of this machine. */
  seen(): ProxySeen | undefined {
    if (this.#pid === undefined) return undefined;
    this.#count();
    return defined({
      port: this.port,
      listening: readAcceptQueue('/proc/self/net', this.port) !== undefined,
      nofile: readNofile(this.#pid)?.soft,
      atRest: this.#atRest,
      peak: this.#atRest === undefined ? undefined : this.#peak,
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #count(): number | undefined {
    const now = this.#pid === undefined ? undefined : countDescriptors(this.#pid);
    this.#peak = Math.max(this.#peak, now ?? 0);
    return now;
  }
}

/** The docker-proxy of that port of the host (moby cmd/docker-proxy: its flags); there may be none. */
function proxyOf(port: number): number | undefined {
  return allPids().find((pid) => {
    const args = readText(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
    return args[0]?.endsWith('docker-proxy') && args[args.indexOf('-host-port') + 1] === String(port);
  });
}

function limit(pid: number | undefined, nofile: number): void {
  if (pid === undefined)
    throw new CannotRunError(
      `docker: proxy_nofile=${nofile}: no process of docker's proxy is on this machine: the engine is elsewhere, or runs without userland-proxy`,
    );
  try {
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${nofile}:${nofile}`], { stdio: 'pipe' });
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().trim() || (error as Error).message;
    throw new CannotRunError(`docker: proxy_nofile=${nofile}: the proxy cannot be limited: ${why}`);
  }
}

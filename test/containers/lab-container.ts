import { GenericContainer } from 'testcontainers';

/** testcontainers has no sysctls and no shared pid namespace of its own: both are fields of the engine's HostConfig. */
export class LabContainer extends GenericContainer {
  /** Sysctls of the container's network namespace, by full kernel name. */
  withSysctls(sysctls: Record<string, string | number>): this {
    const strings = Object.entries(sysctls).map(([name, value]) => [name, String(value)]);
    this.hostConfig.Sysctls = { ...this.hostConfig.Sysctls, ...Object.fromEntries(strings) };
    return this;
  }

  /** Limit of the number of open files, soft = hard: Node raises a lower soft limit at start. */
  withNofile(nofile: number): this {
    return this.withUlimits({ nofile: { soft: nofile, hard: nofile } });
  }

  /** CPU quota and memory limit, as the engine's HostConfig has them. */
  withQuota(quota: typeof this.hostConfig): this {
    Object.assign(this.hostConfig, quota);
    return this;
  }

  /** Joins another container's pid and network namespaces. */
  withNamespacesOf(id: string): this {
    this.hostConfig.PidMode = `container:${id}`;
    return this.withNetworkMode(`container:${id}`);
  }

  /** No capability, no new privilege, nothing to write to. */
  withNothingToSpare(): this {
    this.hostConfig.SecurityOpt = ['no-new-privileges'];
    this.hostConfig.ReadonlyRootfs = true;
    return this.withDroppedCapabilities('ALL');
  }
}

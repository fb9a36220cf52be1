import { CannotRunError, UsageError } from '../../common/errors.ts';
import type { FleetLine } from '../../protocol/fleet-events.ts';
import { SETTINGS, type Setting } from '../../protocol/settings.ts';
import { findK6 } from '../../system/k6-binary.ts';
import { spansMachines } from '../runtimes/runtime.ts';
import { refused } from '../settings/refused.ts';
import { DEFAULTS, SETTING_NAMES, type SettingName } from '../settings/schema.ts';
import { sourcesOf } from '../settings/shares.ts';
import type { Driver } from './driver.ts';
import { robotsEnvironment } from './robots-driver.ts';

const UNSEEN =
  'k6 does not report when a TCP handshake is complete, so connections in the accept queue could not be counted';

/** What our own robots take and k6 does not. */
const ROBOTS_ONLY = SETTING_NAMES.filter((name) => {
  const { parts }: Setting = SETTINGS[name];
  return parts?.includes('robots') && !parts.includes('k6');
});

/** Settings that k6 takes with their own defaults alone, and why. */
const REFUSED: Partial<Record<SettingName, string>> = {
  stop_ms: UNSEEN,
  ...Object.fromEntries(ROBOTS_ONLY.map((name) => [name, 'only our own robots do that'])),
  waiting: UNSEEN,
  tls: 'our script for k6 speaks no TLS',
  gateways: 'our script for k6 goes to one gateway',
  sources: 'k6 runs in one place',
};

/** k6, with robots/k6/users.ts. `args`: what else it is given, as on its own command line. */
export function k6(args: readonly string[] = []): Driver {
  return {
    name: 'k6',
    seesHandshake: false,
    refuse(runtime) {
      if (spansMachines(runtime))
        throw new UsageError(
          `--driver k6: it runs on one machine; allowed with --runtime ${runtime}: robots`,
        );
    },
    async ready(runtime, signal) {
      if (runtime.name === 'docker') {
        // The compose stack's own container has neither the engine's client nor the scripts that make images.
        const { dockerClient } = await import('../runtimes/docker/client.ts');
        const { ensureK6Image } = await import('../runtimes/docker/image.ts');
        await ensureK6Image(dockerClient(), signal);
        return;
      }
      const found = findK6();
      if (!('reason' in found)) return;
      if (process.env.K6) throw new UsageError(found.reason);
      throw new CannotRunError(`--driver k6: ${found.reason}`);
    },
    check(settings, ownNamespace) {
      for (const [key, why] of Object.entries(REFUSED)) {
        const name = key as SettingName;
        const only = DEFAULTS[name] ?? 1;
        if ((settings.values[name] ?? 1) !== only)
          throw refused(settings, name, `${why}; allowed with --driver k6: ${only}`);
      }
      const sources = sourcesOf(settings, ownNamespace);
      if (sources > 1)
        throw refused(
          settings,
          'users',
          `they need the local ports of ${sources} addresses, and k6 runs in one place; allowed with --driver k6: fewer, or another ip_local_port_range`,
        );
      if (settings.values.betting === 'racing')
        throw refused(
          settings,
          'betting',
          'k6 has one writer on each connection; allowed with --driver k6: herd or paced',
        );
    },
    async start(stage, { host, port, settings, onLine }) {
      const found = stage.hasK6 ? undefined : findK6();
      if (found && 'reason' in found) throw new CannotRunError(`--driver k6: ${found.reason}`);
      return stage.start({
        role: 'robots',
        module: 'lab/drivers/k6/k6-main.ts',
        env: {
          ...(await robotsEnvironment(settings)),
          TARGET_HOST: host,
          TARGET_PORT: String(port),
          K6_ARGS: JSON.stringify(args),
          ...(found && { K6: found.path, K6_CWD: process.cwd() }),
        },
        tool: 'k6',
        nofile: settings.robots_nofile,
        onLine: (line) => onLine(line as FleetLine),
      });
    },
  };
}

import { defined } from '../../common/defined.ts';
import { rampMs } from '../../common/duration.ts';
import type { DarwinSettings, LinuxSettings, ModelInput } from '../laws/queue-model/model-input.ts';
import { KEEPINIT_MS } from '../laws/retransmission-law.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import { aboutSetting, DEFAULTS, SETTING_NAMES, type SettingName } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import type { Pace } from './assumptions.ts';
import type { System } from './comparison-document.ts';

/** kern.ipc.somaxconn where nobody has changed it: SOMAXCONN (XNU bsd/sys/socket.h). */
const DARWIN_SOMAXCONN = 128;

/** What connect(2) takes ports from where nobody says otherwise: Linux net/ipv4/af_inet.c inet_init_net, XNU bsd/netinet/in_pcb.c. */
const PORTS: Record<System, readonly [number, number]> = { linux: [32_768, 60_999], macos: [49_152, 65_535] };

/** What the model reckons with, and the same as settings to be printed. */
interface ModelCase {
  input: ModelInput;
  settings: EffectiveSettings;
  /** Local ports for users. */
  ports: number;
}

/** The settings as the model of that system takes them. */
export function modelCase(os: System, asked: ResolvedSettings, pace: Pace): ModelCase {
  const { values } = asked;
  const { users, nofile, ramp, connect_timeout_ms, stop_ms: stopMs, waiting, seed } = values;
  const [first, last] = values.ip_local_port_range ?? PORTS[os];
  const ports = last - first + 1;
  const [length, overMs] = [Math.min(users, ports), rampMs(ramp)];
  const arrivals = Array.from({ length }, (_, index) => (index * overMs) / length);
  const server = {
    acceptRate: pace.acceptRate,
    serveMs: values.handshake_cost_ms,
    nofile,
    descriptorsAtRest: pace.descriptorsAtRest,
    ...defined({ stoppedUntilMs: stopMs > 0 ? (arrivals.at(-1) ?? 0) + stopMs : undefined }),
  };
  const common = { arrivals, waiting, server, seed };
  const client = { patienceMs: connect_timeout_ms };
  const shown = { nofile, backlog: values.backlog };
  const load = { ip_local_port_range: `${first}-${last}`, ramp, connect_timeout_ms };
  if (os === 'macos') {
    const settings = darwinSettings(asked);
    return {
      ports,
      settings: {
        ...shown,
        somaxconn: settings.somaxconn,
        'kern.ipc.soqlimitcompat': settings.soqlimitcompat,
        'net.inet.tcp.syncookie': settings.syncookie,
        'net.inet.tcp.keepinit': settings.keepinit,
        ...load,
      },
      // How many get their SYN out at once is the batch's to say.
      input: {
        ...common,
        dialect: 'darwin',
        settings,
        link: { kind: 'batches', batch: 1 },
        client: ramp === '0' ? client : { ...client, stepMs: 0 },
      },
    };
  }
  const settings = linuxSettings(asked);
  const { link_delay_ms: delayMs } = values;
  return {
    ports,
    settings: { ...shown, ...settings, ...load, link_delay_ms: delayMs },
    input: {
      ...common,
      dialect: 'linux',
      settings,
      link: delayMs > 0 ? { kind: 'delay', delayMs } : { kind: 'synchronous' },
      client: { ...client, stepMs: ramp === '0' ? pace.stepMs : 0 },
    },
  };
}

/** A Mac keeps its own somaxconn unless somebody asks for another. */
function darwinSettings({ values, explicit }: ResolvedSettings) {
  const somaxconn = explicit.has('somaxconn') ? values.somaxconn : DARWIN_SOMAXCONN;
  return {
    backlog: values.backlog,
    somaxconn,
    soqlimitcompat: 1,
    syncookie: 0,
    keepinit: KEEPINIT_MS,
  } satisfies DarwinSettings;
}

function linuxSettings({ values }: ResolvedSettings) {
  return {
    backlog: values.backlog,
    somaxconn: values.somaxconn,
    tcp_max_syn_backlog: values.tcp_max_syn_backlog ?? 4096,
    tcp_abort_on_overflow: values.tcp_abort_on_overflow ?? 0,
    tcp_syncookies: values.tcp_syncookies ?? 1,
    tcp_synack_retries: values.tcp_synack_retries ?? 5,
    tcp_syn_retries: values.tcp_syn_retries ?? 6,
    tcp_syn_linear_timeouts: 4,
  } satisfies LinuxSettings;
}

/** What the model knows, and what happens once users are open, which it does not follow. */
const IN_THE_MODEL: ReadonlySet<SettingName> = new Set<SettingName>([
  ...(['nofile', 'backlog', 'somaxconn', 'ip_local_port_range', 'port', 'users', 'ramp', 'seed'] as const),
  ...(['connect_timeout_ms', 'handshake_cost_ms', 'stop_ms', 'waiting'] as const),
  ...(['betting', 'rounds', 'round_ms', 'pause_ms', 'hold_ms'] as const),
]);
const LINUX_ONLY: ReadonlySet<SettingName> = new Set<SettingName>([
  ...(['tcp_max_syn_backlog', 'tcp_abort_on_overflow', 'tcp_syncookies', 'tcp_synack_retries'] as const),
  ...(['tcp_syn_retries', 'link_delay_ms'] as const),
]);

/** One line for each setting that somebody changed and the model of that system leaves out. */
export function leftOut(os: System, { values }: ResolvedSettings): string[] {
  return SETTING_NAMES.filter((name) => String(values[name]) !== String(DEFAULTS[name]))
    .filter((name) => !IN_THE_MODEL.has(name))
    .filter((name) => !LINUX_ONLY.has(name) || os === 'macos')
    .map((name) => {
      const why =
        os === 'macos' && aboutSetting(name).side === 'sysctl'
          ? 'macOS has no such sysctl'
          : 'not in the model';
      return `${name} ${values[name]}: ${why}`;
    });
}

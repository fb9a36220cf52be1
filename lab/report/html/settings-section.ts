import type { Side } from '../../../protocol/settings.ts';
import type { EffectiveSettings } from '../../run/effective-settings.ts';
import {
  aboutSetting,
  CLIENT_SYSCTLS,
  SETTING_NAMES,
  type SettingName,
  type Settings,
} from '../../settings/schema.ts';
import { table } from './section-parts.ts';
import { type Html, html, type Part } from './tagged-html.ts';

const COLUMNS = [
  { title: 'setting' },
  { title: 'in force' },
  { title: 'requested' },
  { title: 'where it was read' },
];

/** The ones that are asked about first. */
const FIRST = ['nofile', 'backlog', 'somaxconn', 'tcp_abort_on_overflow', 'tcp_syncookies'];

/** Every setting: as it was read back from the running parts, and as it was requested; `places`: what was read elsewhere than of our gateway. */
export function settingsSection(
  effective: EffectiveSettings,
  asked?: Settings,
  places: Record<string, string> = {},
): Html {
  const names = [...new Set([...Object.keys(effective), ...(asked ? SETTING_NAMES : [])])];
  const first = FIRST.flatMap((name) => (name in effective ? `${name} ${effective[name]}` : []));
  const rows = names.map((name): Part[] => {
    const value = effective[name];
    const wanted = asked?.[name as SettingName];
    const read = value !== undefined && (places[name] ?? whereRead(name));
    return [
      html`<code title="${known(name) ? aboutSetting(name).about : ''}">${name}</code>`,
      read ? html`<b>${value}</b>` : html`<span class="dim">not read back</span>`,
      wanted === undefined
        ? html`<span class="dim">the system's</span>`
        : Array.isArray(wanted)
          ? wanted.join('-')
          : wanted,
      read || null,
    ];
  });
  return html`<section>
<h2>Settings</h2>
<details><summary>Every setting in force: ${first.join(', ')}</summary>
${table('Settings', COLUMNS, rows)}
</details>
</section>`;
}

/** The settings of several; where they differ, the values in order. */
export function settingsOfAll(all: readonly EffectiveSettings[]): EffectiveSettings {
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))];
  return Object.fromEntries(
    names.map((name) => {
      const values = [...new Set(all.flatMap((one) => one[name] ?? []))];
      return [name, values.length === 1 ? (values[0] as string | number) : values.join(', ')];
    }),
  );
}

function known(name: string): name is SettingName {
  return (SETTING_NAMES as string[]).includes(name);
}

/** Where lab/run/effective-settings.ts takes a value in force from. */
function whereRead(name: string): string {
  // A Mac's, by their full names.
  if (/^(kern|net)\./.test(name)) return 'sysctl';
  const side = known(name) ? aboutSetting(name).side : 'sysctl';
  return READ[name] ?? ((CLIENT_SYSCTLS as string[]).includes(name) ? ROBOTS : SIDES[side]) ?? 'as requested';
}

const LINK = "the link's queueing discipline";
const ROBOTS = 'the robots, of themselves and their namespace';

/** What is read otherwise than its side is. */
const READ: Record<string, string> = {
  nofile: '/proc/<pid>/limits',
  backlog: 'gateway stdout, as passed to listen(2)',
  cpus: "gateway stdout, from its cgroup's files",
  memory_mb: "gateway stdout, from its cgroup's files",
  robots_nofile: ROBOTS,
  tcp_syn_linear_timeouts: ROBOTS,
  link_qdisc: LINK,
};

const SIDES: Partial<Record<Side, string>> = {
  sysctl: "/proc/sys/net, the gateway's namespace",
  link: LINK,
};

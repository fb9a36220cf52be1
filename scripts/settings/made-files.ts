import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aboutSetting, SETTING_NAMES, type SettingName } from '../../lab/settings/schema.ts';
import { SETTINGS, type Setting, type Side } from '../../protocol/settings.ts';

const ROOT = join(import.meta.dirname, '../..');
/** A file may say what it likes before the first of these lines and after the second. */
const BLOCK = /(made by `npm run settings`.*\n)[\s\S]*?(\n.*end of what is made)/;

/** A file of which a part is made from the table of settings. */
interface MadeFile {
  name: string;
  path: string;
  /** As it should be. */
  text: string;
  /** Is it otherwise now? */
  stale: boolean;
}

/** Every such file. Throws where one has lost the lines that its made part stands between. */
export function madeFiles(): MadeFile[] {
  return Object.entries({
    '.env.example': envExample,
    'docker-compose.yml': composeBlocks,
    'docs/settings.md': docsTables,
  }).map(([name, make]) => {
    const path = join(ROOT, name);
    const now = readFileSync(path, 'utf8');
    if (!BLOCK.test(now)) throw new Error(`${name}: the lines are gone that say what of it is made`);
    const text = now.replace(BLOCK, (_, begin, end) => `${begin}\n${make()}\n${end}`);
    return { name, path, text, stale: text !== now };
  });
}

const TITLES: Record<Side, string> = {
  process: "The gateway's process",
  sysctl: 'The kernel, per network namespace',
  link: 'The link between gateway and robots',
  fleet: "The robots' process",
  gateway: 'The gateway',
  load: 'The load',
};

/** What stands in a section for each side, by its settings. */
function bySide(section: (title: string, settings: Entry[], side: Side) => string): string {
  return (Object.keys(TITLES) as Side[])
    .map((side) => {
      const settings = ENTRIES.filter((entry) => entry.side === side);
      return section(TITLES[side], settings, side);
    })
    .join('\n\n');
}

type Entry = Setting & { name: SettingName };
const ENTRIES = SETTING_NAMES.map((name): Entry => ({ ...SETTINGS[name], name }));
const IN_COMPOSE = ENTRIES.filter(({ compose }) => compose !== 'absent');

function envExample(): string {
  return bySide((title, settings) => {
    const lines = settings.filter((entry) => IN_COMPOSE.includes(entry)).flatMap(envLines);
    return [`# --- ${title.toLowerCase()}`, ...lines].join('\n');
  });
}

function envLines(entry: Entry): string[] {
  const { name, kind, means } = entry;
  const { about, allowed } = aboutSetting(name);
  // Bounds of a number tell nobody what it means.
  const more = means ?? (kind === 'whole' ? undefined : allowed);
  const value = stackDefault(entry);
  const hash = entry.default === undefined ? '#' : '';
  return [
    `# ${more === undefined ? about : `${about} (${more})`}`,
    `${hash}${name.toUpperCase()}=${value.includes(' ') ? `"${value}"` : value}`,
  ];
}

/** What docker-compose.yml has where nobody chose. Throws for an entry that does not say. */
function stackDefault({ name, compose, default: preset }: Entry): string {
  const value = typeof compose === 'object' ? compose.default : preset;
  if (value === undefined)
    throw new Error(
      `protocol/settings.ts: ${name} has no default, and so needs compose: 'absent' or a default there`,
    );
  return String(value);
}

function composeBlocks(): string {
  const isChosen = ({ compose }: Entry) => typeof compose === 'object' && compose.chosen === true;
  const variable = (entry: Entry, value = stackDefault(entry)) => `\${${entry.name.toUpperCase()}:-${value}}`;
  const block = (about: string, name: string, lines: string[]) =>
    [`# ${about}`, `x-${name}: &${name}`, ...lines.map((line) => `  ${line}`)].join('\n');
  const environment = (entries: Entry[]) =>
    entries.map(
      (entry) => `${entry.name.toUpperCase()}: ${variable(entry, isChosen(entry) ? '' : undefined)}`,
    );
  const sysctls = (namespace: Entry['namespace']) =>
    IN_COMPOSE.filter((entry) => entry.side === 'sysctl' && entry.namespace === namespace).map(
      (entry) => `${entry.sysctl}: ${variable(entry)}`,
    );
  const ofLoad = (entry: Entry) => entry.side === 'load' || isChosen(entry);
  const ofBoth = (entry: Entry) => !ofLoad(entry) && entry.namespace !== 'robots';
  return [
    block(
      'Read by the gateway and by the lab, which has to know what was asked for.',
      'settings',
      environment(IN_COMPOSE.filter(ofBoth)),
    ),
    block(
      'Read by the lab alone, which gives the orders; empty: nobody chose.',
      'load',
      environment(IN_COMPOSE.filter(ofLoad)),
    ),
    block("Of the gateway's network namespace.", 'gateway-sysctls', sysctls(undefined)),
    block("Of the robots', or of k6's.", 'robots-sysctls', sysctls('robots')),
  ].join('\n\n');
}

function docsTables(): string {
  return bySide((title, settings, side) => {
    const sysctls = side === 'sysctl';
    const heads = ['name', ...(sysctls ? ['kernel name'] : []), 'about', 'allowed', 'default'];
    if (sysctls) heads.push('namespace in docker');
    const rows = settings.map((entry) => {
      const { about, allowed } = aboutSetting(entry.name);
      const preset = entry.default === undefined ? (entry.unset ?? "the kernel's") : String(entry.default);
      const cells = [about, allowed, preset];
      if (entry.sysctl !== undefined)
        return [`\`${entry.name}\``, `\`${entry.sysctl}\``, ...cells, entry.namespace ?? 'gateway'];
      return [`\`${entry.name}\``, ...cells];
    });
    const lines = [heads, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
    lines.splice(1, 0, `|${'---|'.repeat(heads.length)}`);
    return [`### ${title}`, '', ...lines].join('\n');
  });
}

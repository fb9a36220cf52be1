import type { Column, Difference, System } from './document.ts';
import { figureText, least, most } from './figure.ts';
import { RULES } from './rules.ts';

/** What the rules between the systems tell of already. */
const TOLD = new Set(['nofile', 'backlog', 'somaxconn', 'ip_local_port_range']);

/** What a person gave to the run as a whole. */
const LOADS = ['ramp', 'betting', 'rounds', 'connect_timeout_ms', 'link_delay_ms'];

/** What the two columns show otherwise, and why. Pure: what does not show in them is not named. */
export function differencesOf(left: Column, right: Column): Difference[] {
  const found = [...users(left, right), ...kernels(left, right), ...settings(left, right)];
  return found.map((difference) => ({
    ...difference,
    left: labelled(difference.left, left),
    right: labelled(difference.right, right),
  }));
}

/** A prediction is called one wherever it stands. */
function labelled(text: string, { source }: Column): string {
  return source === 'predicted' ? `${text} (predicted)` : text;
}

function users(left: Column, right: Column): Difference[] {
  const apart =
    least(left.users.open) > most(right.users.open) || least(right.users.open) > most(left.users.open);
  const otherwise = left.users.asked !== right.users.asked || apart || causesOf(left) !== causesOf(right);
  if (!otherwise) return [];
  const why = [left, right].map((column) => labelled(`${column.name}: ${causesOf(column) || 'nobody failed'}`, column));
  const says = ({ users: { open, asked } }: Column) => `${figureText(open)} of ${asked} users open`;
  return [
    {
      what: 'users open, and what the others failed of',
      left: says(left),
      right: says(right),
      why: `${why.join('; ')}.`,
      sources: [left, right].map(({ source, path }) =>
        source === 'measured' ? `${path}/verdict.json` : 'docs/model.md',
      ),
    },
  ];
}

function causesOf({ causes }: Column): string {
  return causes
    .filter(({ users }) => most(users) > 0)
    .map(({ cause, users }) => `${cause} ${figureText(users)}`)
    .join(', ');
}

function kernels(left: Column, right: Column): Difference[] {
  if (left.os === right.os) return [];
  const [linux, macos] = left.os === 'linux' ? [left, right] : [right, left];
  return RULES.flatMap((rule) => {
    if (!(rule.shows?.(linux, macos) ?? true)) return [];
    const says = { linux: rule.says.linux(linux), macos: rule.says.macos(macos) };
    const told = (os: System) => says[os];
    const [a, b] = [told(left.os), told(right.os)];
    if (a === undefined || b === undefined || a === b) return [];
    const { what, why, sources } = rule;
    return [{ what, left: a, right: b, why, sources }];
  });
}

/** What both have read and is not the same: between systems only the load, the rest is not the same knob. */
function settings(left: Column, right: Column): Difference[] {
  const across = left.os !== right.os;
  return Object.keys(left.settings)
    .filter((name) => (across ? LOADS.includes(name) && !TOLD.has(name) : true))
    .flatMap((name) => {
      const [a, b] = [left.settings[name], right.settings[name]];
      if (a === undefined || b === undefined || String(a) === String(b)) return [];
      const why = 'The two were asked for otherwise, or another value was in force.';
      const sources = [left, right].map(({ from }) => from);
      return [{ what: name, left: String(a), right: String(b), why, sources }];
    });
}

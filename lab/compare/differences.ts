import { pageWords } from '../../common/called.ts';
import { type Column, type Difference, MEANING } from './comparison-document.ts';
import { nameOf } from './comparison-table.ts';
import { figureText, least, most } from './number-or-range.ts';
import { RULES } from './rules.ts';

/** Settings of the run as a whole. */
const LOADS = ['ramp', 'betting', 'rounds', 'connect_timeout_ms', 'link_delay_ms'];

/** How the two columns differ, and why. Pure: only differences that show in them are named. */
export function differencesOf(left: Column, right: Column): Difference[] {
  const found = [
    ...users(left, right),
    ...kernels(left, right),
    ...settings(left, right),
    ...counters(left, right),
  ];
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
  const overlap =
    least(left.users.open) <= most(right.users.open) && least(right.users.open) <= most(left.users.open);
  if (overlap && left.users.asked === right.users.asked && causesOf(left) === causesOf(right)) return [];
  const why = [left, right].map((column) =>
    labelled(`${nameOf(column)}: ${causesOf(column) || 'no user failed'}`, column),
  );
  const says = ({ users: { open, asked } }: Column) => `${figureText(open)} of ${asked} users open`;
  return [
    {
      what: 'users open, and why the others failed',
      left: says(left),
      right: says(right),
      why: `${why.join('; ')}.`,
      sources: sourcesOf([left, right]),
    },
  ];
}

function sourcesOf(columns: readonly Column[], file = 'verdict.json'): string[] {
  return [
    ...new Set(
      columns.map(({ source, path }) =>
        source === 'measured' ? `${path}/${file}` : pageWords('docs/model.md'),
      ),
    ),
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
  return RULES.flatMap(({ what, says, shows, why, sources }) => {
    const [a, b] = [left, right].map((column) =>
      typeof says === 'function' ? says(column) : says[column.os](column),
    );
    if (a === undefined || b === undefined || a === b || shows?.(linux, macos) === false) return [];
    return [{ what, left: a, right: b, why, sources }];
  });
}

/** Settings that both sides have and that differ. Between two systems only those of the load: the others are not the same setting. */
function settings(left: Column, right: Column): Difference[] {
  const why = 'The two sides had different settings, or another value was in force.';
  const names = Object.keys(left.settings).filter((name) => left.os === right.os || LOADS.includes(name));
  return names.flatMap((what) => {
    const [a, b] = [left.settings[what], right.settings[what]];
    if (a === undefined || b === undefined || String(a) === String(b)) return [];
    return [{ what, left: String(a), right: String(b), why, sources: sourcesOf([left, right]) }];
  });
}

/** Counters of one kernel that grew on one side and not on the other. */
function counters(left: Column, right: Column): Difference[] {
  if (left.os !== right.os) return [];
  const sources = sourcesOf([left, right], 'samples.ndjson');
  return Object.entries(MEANING[left.os]).flatMap(([name, meaning]) => {
    const [a, b] = [left.counters[name], right.counters[name]];
    if (a === undefined || b === undefined) return [];
    const shows = (least(a) > 0 && most(b) === 0) || (least(b) > 0 && most(a) === 0);
    return shows
      ? [{ what: name, left: figureText(a), right: figureText(b), why: `Counts ${meaning}.`, sources }]
      : [];
  });
}

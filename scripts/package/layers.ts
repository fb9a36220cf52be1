import type { Metafile } from 'esbuild';
import { OFTEN } from './builtins.ts';

/**
 * The layers, from below: what an old Node reads too; what only starts the next module; the parts; what the lab starts beside itself; what
 * every verb needs. The verbs, `list` and the library stand above them and have too much in common to load all of it.
 */
const LAYERS = [
  /^lab\/resetlab\.ts$/,
  /^(gateway|robots)\/main\.ts$|^lab\/cli\.ts$/,
  /^(gateway|robots)\//,
  /^lab\/(bench|drivers|evidence|target)\//,
  /^lab\/program\.ts$|^together:docker$/,
];

type Graph = Metafile['inputs'];

/** What makes a file of each layer. */
interface Layered {
  /** What a program must import beside its own, as paths from the top and names of Node's modules. */
  beside: ReadonlyMap<string, readonly string[]>;
  /** Modules that stay with their own imports of Node's. An old Node must find in those of `resetlab` no name that it lacks. */
  apart: ReadonlySet<string>;
}

/**
 * A module that several programs share is in one file with the others that the very same programs share. Of thirty programs those sets are
 * a hundred, and so many files import a lot of each other. So programs stand in layers, and whatever one of them shares with another is
 * loaded by all of its layer and of those above, needed or not: then it is one file a layer.
 *
 * @param made what esbuild makes without it.
 */
export function layers({ inputs, outputs }: Metafile): Layered {
  const programs = Object.values(outputs)
    .flatMap(({ entryPoint = '' }) => entryPoint || [])
    .sort();
  const users = new Map<string, string[]>();
  for (const program of programs)
    for (const module of reached(program, inputs)) users.set(module, [...(users.get(module) ?? []), program]);
  const shared = new Map(
    [...users]
      .filter(([module, by]) => by.length > 1 && isLight(module, inputs))
      .map(([module, by]) => [module, Math.min(...by.map(layerOf))] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  const below = (top: number) => [...shared].flatMap(([module, layer]) => (layer <= top ? [module] : []));
  const sharing = programs.filter((one) => [...reached(one, inputs)].some((module) => shared.has(module)));
  const lowest = sharing.filter((one) => layerOf(one) === 0);
  const others = sharing.filter((one) => layerOf(one) > 0);
  const alone = programs.filter((one) => !sharing.includes(one));
  return {
    beside: new Map([
      ...lowest.map((one) => [one, below(0)] as const),
      ...others.map((one) => [one, [...below(Math.min(layerOf(one), LAYERS.length - 1)), ...OFTEN]] as const),
    ]),
    apart: new Set([...lowest, ...alone].flatMap((one) => [...reached(one, inputs)])),
  };
}

function layerOf(program: string): number {
  const layer = LAYERS.findIndex((of) => of.test(program));
  return layer < 0 ? LAYERS.length : layer;
}

/** A module and all that it imports; not what it loads later. */
function reached(module: string, inputs: Graph, before = new Set<string>()): Set<string> {
  if (before.has(module)) return before;
  before.add(module);
  for (const { path, kind, external } of inputs[module]?.imports ?? [])
    if (kind === 'import-statement' && !external) reached(path, inputs, before);
  return before;
}

/** Does it do without packages? To load one takes longer than to load all of ours, and not every place has each. */
function isLight(module: string, inputs: Graph): boolean {
  return [...reached(module, inputs)].every((one) =>
    inputs[one]?.imports.every(
      ({ path, external }) => !external || path.startsWith('node:') || path === '<runtime>',
    ),
  );
}

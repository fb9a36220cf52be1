import type { Met, Plan, Speech } from './plan.ts';

/** What a program is made of: packages that are installed by whoever asks for it. */
export interface Source {
  /** Debian's packages, and the command by which it is known whether they are there: in the PATH, or a path. */
  debian?: { packages: readonly string[]; command: string };
  /** `name@version` of the npm registry, with the file by which it is known to be there. */
  npm?: readonly string[];
  /** `name==version` of PyPI. */
  pypi?: readonly string[];
  /** `module@version` of Go's module proxy: one command. */
  go?: string;
}

/** What a recipe is made for. */
export interface Given {
  port: number;
  /** The stage's folder, which the program runs in. */
  folder: string;
  /** Where what came from the registries is. */
  cache: string;
  /** First of the neighbour's ports: see neighbour.ts. */
  neighbour: number;
  set: Readonly<Record<string, number | string>>;
}

/** How a program is started. */
export interface Recipe {
  argv: string[];
  files?: Record<string, string>;
  env?: Record<string, string>;
  /** Commands that are run before, each to its end. */
  prepare?: string[][];
}

/** What is done to the server meanwhile. */
export interface Deed {
  atMs: number;
  /** `stop`, `kill`: all its processes. `kill-worker`: half of those that are not its first. `reload`: SIGHUP to its first. The others are of the firewall. */
  does: 'stop' | 'kill' | 'kill-worker' | 'reload' | 'drop-syn' | 'reject';
}

/** One question's situation: what is set, who comes, and what is then true. */
export interface Situation {
  /** The limit's name, or that of a healthy shape. */
  id: string;
  /** Causes that name it; none: healthy. */
  truth: readonly string[];
  /** Causes that are true, and only a symptom of it. */
  symptoms?: readonly string[];
  /** Whether anybody minded is known to the users alone: then the name is right as `contributing` too. */
  minded?: 'only users know';
  /** What the program is given. */
  set?: Record<string, number | string>;
  nofile?: number;
  sysctls?: Record<string, string>;
  where?: 'beside' | 'elsewhere';
  /** Users of its own kind, so many times as many as are written down. */
  load: (speech: Speech, size: number) => Plan;
  deeds?: readonly Deed[];
  /** Is what is asked really there? By what the users met. Gives why not. */
  missing: (met: Met) => string | undefined;
  /** What the server says in its log when it is there. */
  log?: RegExp;
  /** The same by robots of ours: how many, and how they fare is enough. */
  robots?: { users: number; timeout?: string; hold?: string; ramp?: string };
  /** Asked with each seed; the others are chosen by it. */
  always?: boolean;
}

/** A program that none of us wrote. */
export interface Program {
  name: string;
  language: string;
  source: Source;
  /** What robots of ours speak with it. */
  kind: 'http' | 'tcp';
  speech: Speech;
  recipe: (given: Given) => Recipe;
  /** Why it cannot be run by root, where the lab is root of nothing but its own namespace. */
  refusesRoot?: boolean;
  situations: readonly Situation[];
}

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { CLI, startLab } from '../../lab/cli/lab.ts';
import { type Diagnosed, Place, readDiagnosis, sleep } from '../place.ts';

/** An ordinary user, put before a command by root. */
export const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

const AS_ROOT = process.getuid?.() === 0;

/** Who runs a lab. */
export type Who = 'root' | 'an ordinary user';
/** Where the users of a server are: in its network namespace, or in another one. */
export type Where = 'beside' | 'elsewhere';

/** What a program of `programs/` gets. */
export type Given = Record<string, string | number>;

/** Why there is no lab of this person here; undefined: there is. */
export function whyNot(who: Who): string | undefined {
  if (!AS_ROOT) return who === 'root' ? 'no root here' : undefined;
  if (who === 'root') return undefined;
  nobody ??= { whyNot: whyNotNobody() };
  return nobody.whyNot;
}

/** Found out once: every shape asks. */
let nobody: { whyNot: string | undefined } | undefined;

function whyNotNobody(): string | undefined {
  const [setpriv = '', ...as] = AS_NOBODY;
  const can = (...argv: string[]) => spawnSync(setpriv, [...as, ...argv]).status === 0;
  return can('test', '-r', CLI) && can(process.execPath, '--version')
    ? undefined
    : `an ordinary user cannot read ${CLI}, or not run ${process.execPath}`;
}

/** A network namespace for a server and what lives beside it, and the one that its users come from: the same, or another one behind a veth. */
export class Field implements AsyncDisposable {
  /** Where the server lives. */
  readonly place: Place;
  /** Where the users come from. */
  readonly elsewhere: Place;
  /** The server's address, as its users know it. */
  readonly address: string;

  private constructor(place: Place, users: Place, address: string) {
    this.place = place;
    this.elsewhere = users;
    this.address = address;
  }

  /** A second address, for who is given it as HOST; it is to be added to `lo`. */
  get other(): string {
    return this.address.replace(/1$/, '3');
  }

  static async make(where: Where): Promise<Field> {
    const place = await Place.make();
    // For servers of an ordinary user.
    chmodSync(place.folder, 0o777);
    if (where === 'beside') return new Field(place, place, '127.0.0.1');
    const users = await Place.make({}, place);
    place.run(
      `ip link add here type veth peer name there netns ${users.holder} &&
       ip addr add 10.77.0.1/24 dev here && ip link set here up`,
    );
    users.run('ip addr add 10.77.0.2/24 dev there && ip link set there up');
    return new Field(place, users, '10.77.0.1');
  }

  /** Starts a program of `programs/`, or any other, in the server's namespace, as an ordinary user where we are root. Gives its pid once it listens. */
  serve(name: string | string[], port: number, { nofile, root, ...env }: Served = {}): Promise<number> {
    const argv = AS_ROOT && !root ? AS_NOBODY : [];
    return this.place.serve([...argv, ...(typeof name === 'string' ? program(name) : name)], port, {
      env: texts(env),
      ...(nofile === undefined ? {} : { nofile }),
    });
  }

  /** Runs a program of `programs/`, or one at its full path, to its end as root: from where the users are, or `beside` the server. Gives what it printed. */
  async visit(name: string, port: number, given: Given, from: 'users' | 'beside' = 'users'): Promise<string> {
    const { enter } = from === 'users' ? this.elsewhere : this.place;
    const child = spawn(enter[0] as string, [...enter.slice(1), ...program(name)], {
      env: {
        PATH: process.env.PATH ?? '',
        HOST: from === 'users' ? this.address : '127.0.0.1',
        ...texts({ PORT: port, FOR_MS: LOAD_MS, ...given }),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 0, `${name} ended with ${code}`);
    return said;
  }

  /** `users.ts`: what became of them. */
  async users(port: number, given: Given, from?: 'users' | 'beside'): Promise<Users> {
    return JSON.parse(await this.visit('users.ts', port, given, from)) as Users;
  }

  /** By how much a counter of the server's namespace grows meanwhile. */
  async counted(name: string, work: () => Promise<unknown>): Promise<number> {
    const before = this.#counter(name);
    await work();
    return this.#counter(name) - before;
  }

  #counter(name: string): number {
    const said = this.place.run('cat /proc/net/snmp /proc/net/netstat').split('\n');
    for (const [index, line] of said.entries()) {
      const at = line.split(' ').indexOf(name);
      if (at > 0 && !/\d$/.test(line)) return Number(said[index + 1]?.split(' ')[at]);
    }
    throw new Error(`no counter ${name}`);
  }

  /** `diagnose` by each of these people at once, beside one load, which begins when all of them watch. */
  async watch(people: readonly Who[], target: string[], load: () => Promise<void>): Promise<Diagnosed[]> {
    const labs = people.map((who) => {
      const as = AS_ROOT && who === 'an ordinary user' ? AS_NOBODY : [];
      return startLab(['diagnose', '--json', ...target], {
        prefix: [...this.place.enter, ...as],
        env: as.length === 0 ? {} : { HOME: tmpdir() },
      });
    });
    try {
      for (const { child, result } of labs)
        while (!result.stderr.includes('watching')) {
          assert.equal(child.exitCode, null, result.stderr);
          await sleep(20);
        }
      await load();
      // What was closed last is told.
      await sleep(300);
    } finally {
      for (const { child } of labs) child.kill('SIGINT');
    }
    const ended = await Promise.all(labs.map(({ ended }) => ended));
    return ended.map(readDiagnosis);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place[Symbol.asyncDispose]();
    if (this.elsewhere !== this.place) await this.elsewhere[Symbol.asyncDispose]();
  }
}

/** For how long users come, ms. */
export const LOAD_MS = 2000;

type Served = Given & { nofile?: number; root?: number };

/** What became of the users of `users.ts`. */
export interface Users {
  served: number;
  /** How many, by what went wrong. */
  failed: Record<string, number>;
}

/** All of them were served, and they were so many at least. */
export function assertServed({ served, failed }: Users, atLeast: number): void {
  assert.deepEqual(failed, {}, `${served} served`);
  assert.ok(served >= atLeast, `${served} users`);
}

const PROGRAMS = resolve(import.meta.dirname, 'programs');

function program(name: string): string[] {
  return [name.endsWith('.py') ? 'python3' : process.execPath, resolve(PROGRAMS, name)];
}

function texts(given: Given): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
}

/** A certificate of ours, with its key in one file. */
export function certificate(place: Place): string {
  const path = place.write('server.pem', '');
  const flags = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=server'.split(
    ' ',
  );
  const pem = execFileSync('openssl', ['req', ...flags, '-keyout', '-', '-out', '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return place.write(path.split('/').at(-1) as string, pem);
}

import { readdirSync } from 'node:fs';
import { hardwareAddressesOf, readNeighbour } from '../../../../system/hardware-addresses.ts';
import { readListenQueue } from '../../../../system/proc/listen-queue.ts';
import { readLocalAddresses } from '../../../../system/proc/local-addresses.ts';
import { type Listener, readListeners } from '../../../../system/proc/net-tcp.ts';
import { allPids } from '../../../../system/proc/process.ts';
import { readNamespacePids } from '../../../../system/proc/status.ts';
import { readLink, readText } from '../../../../system/read.ts';

/** Of the whole machine's processes and their descriptors it is dear to look at all. */
const AGAIN_MS = 10_000;
/** Of a process that has gone the number may be another's soon. */
const FORGET_MS = 60_000;
/** A server may have hundreds of processes. */
const AT_ONCE_MS = 200;

/** Flags of a socket that listens (net/unix/af_unix.c unix_seq_show). */
const UNIX_LISTENER = /^\S+: \S+ \S+ 00010000 \S+ \S+ +(\d+)/gm;

/** What a process holds: its descriptors of the server's listener, and whether it holds any other listener, or an io_uring. */
interface Held {
  fds: Set<number>;
  others: Set<string>;
  uring: boolean;
  at: number;
}

/**
 * The server's listener and who accepts from it, looked up from the first pid namespace. Other processes than those that hold the
 * listener take no connection from it, except by io_uring.
 */
export class ServerSockets {
  readonly #port: number;
  readonly #namespace: string;
  /** The one address at which its users come, if it is no other's on this machine. */
  readonly #only: string | undefined;
  /** Addresses at which other servers of its network namespace listen on the same port. */
  readonly #others: ReadonlySet<string>;
  #own = new Set<string>();
  /** Addresses at which somebody in another network namespace listens on the same port. */
  #shared: ((host: string) => boolean) | undefined;
  /** Somebody may be there who began to listen since they were looked for; until when, by the trace's clock. */
  #newcomerUntil = Number.NEGATIVE_INFINITY;
  #net: string | undefined;
  #links = new Set<string>();
  #linksAt = Number.NEGATIVE_INFINITY;
  #soughtAt = Number.NEGATIVE_INFINITY;
  readonly #held = new Map<number, Held>();
  #holders: readonly number[] | undefined;
  #listeners: Listener[] = [];
  #there: readonly string[] = [];
  #thereAt = Number.NEGATIVE_INFINITY;

  readonly #clock: () => number;

  /** `clock`: the trace's. `others`: addresses of the namespace at which other servers listen on the port. */
  constructor(
    port: number,
    namespace: string,
    only: string | undefined,
    clock: () => number,
    others: readonly string[] = [],
  ) {
    this.#others = new Set(others);
    this.#port = port;
    this.#namespace = namespace;
    this.#only = only;
    this.#clock = clock;
    this.listeners();
    for (const pid of allPids()) this.#look(pid);
    this.refresh();
  }

  /** Is it an address at which the server's users come? */
  isLocal(host: string): boolean {
    if (this.#only !== undefined) return host === this.#only;
    if (this.#others.has(host)) return false;
    if (!this.#listeners.some(({ address }) => isAny(address)))
      return this.#listeners.some(({ address }) => address === host);
    return isLoopback(host) || this.#own.has(host);
  }

  /** Is it the address of a listener of the server's alone? */
  isListening(host: string): boolean {
    return this.#listeners.some(({ address }) => address === host) && !this.#shared?.(host);
  }

  /**
   * May a connection at this address of the server, complete at that moment, be another server's, in another network namespace? Of one from
   * before the trace it may always be at an address that every namespace has: even one that connected from this port.
   */
  isShared(host: string, at?: number): boolean {
    if (this.#only !== undefined) return false;
    if (this.#shared?.(host)) return true;
    return at === undefined ? isLoopback(host) : at <= this.#newcomerUntil;
  }

  /** A process has begun to listen on the port: until the neighbours are looked at anew it may be one of them. */
  begins(pid: number | undefined): void {
    if (pid !== undefined && readLink(`/proc/${pid}/ns/net`) === `net:[${this.#namespace}]`) return;
    this.#newcomerUntil = Number.POSITIVE_INFINITY;
  }

  /** The port's listeners now; undefined: the namespace cannot be seen. */
  listeners(): Listener[] | undefined {
    const net = this.#netNow();
    if (net === undefined) return undefined;
    const now = readListeners(net, this.#port).filter(({ address }) => !this.#others.has(address));
    // A server that has gone may come back, and its connections outlive it.
    if (now.length > 0) this.#listeners = now;
    return now;
  }

  /** How many wait in the queue of the port's one listener; undefined: there is none, or more. */
  waiting(): number | undefined {
    const [listener, another] = this.#listeners;
    if (this.#net === undefined || listener === undefined || another !== undefined) return undefined;
    return readListenQueue(this.#net, listener);
  }

  #netNow(): string | undefined {
    const isIn = (pid: number | 'self') => readLink(`/proc/${pid}/ns/net`) === `net:[${this.#namespace}]`;
    if (this.#net !== undefined && isIn(Number(this.#net.split('/')[2]))) return this.#net;
    this.#net = undefined;
    if (performance.now() - this.#soughtAt < AGAIN_MS && !isIn('self')) return undefined;
    this.#soughtAt = performance.now();
    const pid = isIn('self') ? process.pid : allPids().find(isIn);
    this.#net = pid === undefined ? undefined : `/proc/${pid}/net`;
    return this.#net;
  }

  /** Is it a process that holds the listener? */
  holds(pid: number): boolean {
    const known = this.#held.get(pid);
    // Of one that holds it `refresh` looks again.
    if (known !== undefined && (known.fds.size > 0 || performance.now() - known.at < AGAIN_MS))
      return known.fds.size > 0;
    const now = this.#look(pid);
    // It has accepted, and has ended since.
    return ((now ?? known)?.fds.size ?? 0) > 0;
  }

  /** Is this descriptor of that process the listener? */
  isListener(pid: number, fd: number): boolean {
    return this.holds(pid) && this.#held.get(pid)?.fds.has(fd) === true;
  }

  /** Does what this process sends to that address of the server's get there? By its namespace, or by the link that it sends to. */
  reaches(pid: number, host: string): boolean {
    const namespace = readLink(`/proc/${pid}/ns/net`);
    if (namespace === undefined || this.#net === undefined) return false;
    if (namespace === `net:[${this.#namespace}]`) return true;
    const link = isLoopback(host) ? undefined : readNeighbour(`/proc/${pid}/net`, host);
    if (link === undefined) return false;
    if (performance.now() - this.#linksAt > AGAIN_MS) {
      this.#links = hardwareAddressesOf(Number(this.#net.split('/')[2]));
      this.#linksAt = performance.now();
    }
    return this.#links.has(link);
  }

  /** The processes that hold the listener. */
  get holders(): readonly number[] {
    this.#holders ??= [...this.#held].flatMap(([pid, { fds }]) => (fds.size > 0 ? [pid] : []));
    return this.#holders;
  }

  /** Why the order in which connections are accepted cannot be known; undefined: it can. */
  whyNoOrder(): string | undefined {
    if (this.#net === undefined) return 'its network namespace cannot be seen from here';
    if (this.#listeners.length > 1) return `${this.#listeners.length} sockets listen on port ${this.#port}`;
    if (this.holders.length === 0) return 'no process that has the listener can be seen';
    return undefined;
  }

  /** A process of it may accept without a system call. libuv has an io_uring as well, for files. */
  get hasUring(): boolean {
    return this.holders.some((pid) => this.#held.get(pid)?.uring === true);
  }

  /** Its processes hold another listening socket: then only the descriptor tells what is accepted. */
  get hasOthers(): boolean {
    return this.holders.some((pid) => (this.#held.get(pid)?.others.size ?? 0) > 0);
  }

  /** Looks anew at the known holders, the addresses and the neighbours. */
  refresh(): void {
    if (this.#net !== undefined) this.#own = readLocalAddresses(this.#net);
    this.#shared = this.#neighbours();
    // Whoever listens from here on is told of.
    if (this.#newcomerUntil === Number.POSITIVE_INFINITY) this.#newcomerUntil = this.#clock();
    const now = performance.now();
    for (const [pid, { at, fds }] of this.#held) {
      if (now - at < AGAIN_MS) continue;
      if (fds.size === 0 || (this.#look(pid) === undefined && now - at > FORGET_MS)) this.#held.delete(pid);
    }
    this.#holders = undefined;
  }

  /** Undefined: it has gone. */
  #look(pid: number): Held | undefined {
    let names: string[];
    try {
      names = readdirSync(`/proc/${pid}/fd`);
    } catch {
      return undefined;
    }
    const wanted = new Set(this.#listeners.map(({ inode }) => inode));
    const held: Held = { fds: new Set(), others: new Set(), uring: false, at: performance.now() };
    const sockets = new Map<string, number>();
    for (const name of names) {
      const link = readLink(`/proc/${pid}/fd/${name}`);
      if (link === 'anon_inode:[io_uring]') held.uring = true;
      const inode = link?.startsWith('socket:[') ? link.slice(8, -1) : undefined;
      if (inode === undefined) continue;
      if (wanted.has(inode)) held.fds.add(Number(name));
      else sockets.set(inode, Number(name));
    }
    if (held.fds.size > 0) held.others = this.#listening(pid, sockets);
    this.#held.set(pid, held);
    this.#holders = undefined;
    return held;
  }

  /** Which of these sockets of a process listen. */
  #listening(pid: number, sockets: Map<string, number>): Set<string> {
    const isThere = readLink(`/proc/${pid}/ns/net`) === `net:[${this.#namespace}]`;
    const all = isThere ? this.#listeningThere() : listeningIn(`/proc/${pid}/net`);
    return new Set(all.filter((inode) => sockets.has(inode)));
  }

  /** All that listen in the server's namespace; for all its processes that are looked at at once the same. */
  #listeningThere(): readonly string[] {
    const now = performance.now();
    if (now - this.#thereAt > AT_ONCE_MS) {
      this.#there = this.#net === undefined ? [] : listeningIn(this.#net);
      this.#thereAt = now;
    }
    return this.#there;
  }

  #neighbours(): (host: string) => boolean {
    const byNamespace = new Map<string, number>();
    for (const pid of allPids()) {
      const link = readLink(`/proc/${pid}/ns/net`);
      if (link !== undefined && link !== `net:[${this.#namespace}]` && !byNamespace.has(link))
        byNamespace.set(link, pid);
    }
    const theirs = new Set<string>();
    let loopback = false;
    for (const pid of byNamespace.values()) {
      const net = `/proc/${pid}/net`;
      for (const { address } of readListeners(net, this.#port)) {
        theirs.add(address);
        if (!isAny(address)) continue;
        loopback = true;
        for (const own of readLocalAddresses(net)) theirs.add(own);
      }
    }
    return (host) => theirs.has(host) || (loopback && isLoopback(host));
  }
}

/** The inodes of all sockets that listen in a network namespace. Behind them the kernel goes through the table of all connections, which takes ms. */
function listeningIn(net: string): string[] {
  const unix = [...(readText(`${net}/unix`) ?? '').matchAll(UNIX_LISTENER)].map(([, inode = '']) => inode);
  return [...readListeners(net).map(({ inode }) => inode), ...unix];
}

const isAny = (address: string) => address === '0.0.0.0' || address === '::';
const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

/**
 * The number that a process has in another pid namespace than the one that /proc shows: in its own, or in that of /proc. Undefined: it
 * is in neither, or has gone.
 */
export function pidIn(namespace: string, pid: number): number | undefined {
  if (readLink('/proc/self/ns/pid') === `pid:[${namespace}]`) return pid;
  return readLink(`/proc/${pid}/ns/pid`) === `pid:[${namespace}]`
    ? readNamespacePids(pid)?.at(-1)
    : undefined;
}

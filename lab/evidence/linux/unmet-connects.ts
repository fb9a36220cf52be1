import type { UnmetConnects } from '../../../protocol/observer-events.ts';
import type { Counters } from '../../../system/counters.ts';
import { ownHardwareAddresses, readNeighbour, sendsTo } from '../../../system/hardware-addresses.ts';
import { netTables, tableNumber } from '../../../system/net-namespaces.ts';
import { readLocalAddresses } from '../../../system/proc/local-addresses.ts';
import { askingEndsOf, hostOf, remoteEndsOf } from '../../../system/proc/port-ends.ts';
import { type SocketEnd, socketEndsIn } from '../../../system/ss-ends.ts';
import { type BesideLook, type Watched, whenChanged } from './beside-look.ts';
import { missingTool, SsChild } from './ledger/ss-child.ts';
import { rarely } from './rarely.ts';

/** A client may give up 2 s after its SYN, and that is sent again after 1 s: two looks fit in between. */
const LOOK_MS = 400;
/** Namespaces come and go; they are looked for no more often, ms. */
const SEEK_MS = 3000;
/** So long after a packet was filtered it is looked whose it was, ms: the third SYN comes 3 s after the first. */
const AWAKE_MS = 5000;
const MOST = 20_000;

/** What was given to nobody, by the counters of a namespace: it grows with each packet that a filter takes. */
function takenIn(counters: Counters): number {
  const of = (name: string) => counters[`Ip ${name}`] ?? 0;
  return of('InReceives') - of('InDelivers') - of('ForwDatagrams');
}

/**
 * Looks for clients on this machine that ask for the server and are not heard, or are refused while it listens: by their own sockets, in
 * any network namespace, and by the ends of those in its own (`ss -E`). Only while packets are filtered where the server is, so that
 * it costs nothing elsewhere. IPv4 alone; a client that blocks in connect(2) leaves no end that would say where it wanted to.
 */
export function unmetConnects(): BesideLook {
  const unmet = new Unmet();
  const changed = whenChanged();
  let taken = Number.POSITIVE_INFINITY;
  let awakeUntil = 0;
  // Each with a share of the time of its own: on a machine with many namespaces all of them take long.
  const seek = rarely(SEEK_MS, (watched: Watched) => unmet.seek(watched));
  const near = rarely(LOOK_MS, (watched: Watched) => unmet.look(watched, 'near'));
  const far = rarely(LOOK_MS, (watched: Watched) => unmet.look(watched, 'far'));
  return (watched) => {
    const now = performance.now();
    const before = taken;
    taken = takenIn(watched.counters);
    if (taken > before) awakeUntil = now + AWAKE_MS;
    if (now < awakeUntil) {
      unmet.listen(watched);
      seek(false, watched);
      near(false, watched);
      far(false, watched);
    } else unmet.rest();
    return changed(unmet.counts && { unmet: unmet.counts });
  };
}

/** A network namespace; without a number: the server's own. */
interface Place {
  number: number | undefined;
  folder: string;
}

/** Who was not heard, and who was refused, each once. */
export class Unmet {
  /** How often the SYN of each was sent; by the client's end and where it is. */
  readonly #syns = new Map<string, number>();
  #refused = 0;
  #early = 0;
  #ends: SsChild | undefined;
  #missing: string | undefined;
  #isHeard = true;
  #tables = new Map<number, string>();
  #near: Place[] = [];
  #far: Place[] = [];
  #serves: (host: string) => boolean = () => false;
  #addresses = new Set<string>();
  #links = new Set<string>();

  readonly #namespaces: () => Map<number, string>;

  /** `namespaces`: the network namespaces of this machine. */
  constructor(namespaces = () => netTables()) {
    this.#namespaces = namespaces;
  }

  /** Undefined: none so far. */
  get counts(): UnmetConnects | undefined {
    if (this.#syns.size + this.#refused + this.#early === 0) return undefined;
    const syns = [...this.#syns.values()].reduce((sum, sent) => sum + sent, 0);
    return { unheard: this.#syns.size, syns, refused: this.#refused, early: this.#early };
  }

  /** Takes what `ss -E` has told since, from now on. */
  listen({ port, inside, serves }: Pick<Watched, 'port' | 'inside' | 'serves'>): void {
    this.#serves = serves;
    if (this.#ends !== undefined) {
      this.#ends.read();
      return;
    }
    if (!inside || this.#missing !== undefined) return;
    this.#missing = missingTool();
    if (this.#missing !== undefined) return;
    const take = (text: Buffer) => this.tell(socketEndsIn(text));
    const ends = new SsChild(
      port,
      take,
      (why) => {
        this.#missing = why;
      },
      'dport',
    );
    this.#ends = ends;
    this.#isHeard = false;
    ends.listens().then(() => {
      this.#isHeard = true;
    });
  }

  /** Looks what its addresses and links are, and which namespaces there are. */
  seek({ net, inside }: Pick<Watched, 'net' | 'inside'>): void {
    this.#addresses = readLocalAddresses(net);
    if (inside) this.#links = ownHardwareAddresses();
    this.#tables = this.#namespaces();
    const own = tableNumber(net);
    if (own !== undefined) this.#tables.delete(own);
    const places = [...this.#tables].map(([number, folder]) => ({ number, folder }));
    const near = places.filter(({ folder }) => sendsTo(folder, this.#links));
    this.#near = [{ number: undefined, folder: net }, ...near];
    this.#far = places.filter((place) => !near.includes(place));
  }

  /** Nothing is to be told for now. */
  rest(): void {
    if (!this.#isHeard) return;
    const ends = this.#ends;
    this.#ends = undefined;
    ends?.end();
  }

  /** The ends of clients' sockets. One that had a connection has its SYN acknowledged. */
  tell(ends: readonly SocketEnd[]): void {
    for (const { local, remote, acked, segsIn, segsOut } of ends) {
      if (remote === undefined || acked > 0 || segsOut === 0 || !this.#isOurs(remote)) continue;
      if (segsIn > 0) this.#refused += 1;
      else if (segsOut > 1) this.#isUnheard(local, segsOut);
      else this.#early += 1;
    }
  }

  /** Looks at the sockets of clients: of those that send to a link of the server's, or are in its namespace; or of all others. */
  look({ port, net }: Pick<Watched, 'port' | 'net'>, where: 'near' | 'far'): void {
    const asking = (where === 'near' ? this.#near : this.#far).flatMap((place) =>
      askingEndsOf(place.folder, port).map((one) => ({ ...one, ...place })),
    );
    const candidates = asking.filter(({ remote }) => this.#isOurs(remote));
    if (candidates.length === 0) return;
    // After the clients': whoever has been heard meanwhile is in it.
    const heard = remoteEndsOf(net, port);
    for (const one of candidates) {
      if (heard.has(one.local)) continue;
      const { number, local, syns } = one;
      if (number === undefined) this.#isUnheard(local, syns);
      else if (this.#comesHere(one)) this.#isUnheard(`${number} ${local}`, syns);
    }
  }

  /** What a client elsewhere asks for is this server: by its link, or since no other namespace has that address. */
  #comesHere({ host, folder }: { host: string; folder: string }): boolean {
    if (host.startsWith('127.')) return false;
    const link = readNeighbour(folder, host);
    if (link !== undefined && this.#links.size > 0) return this.#links.has(link);
    return [...this.#tables.values()].every((other) => !readLocalAddresses(other).has(host));
  }

  #isOurs(remote: string): boolean {
    if (remote.startsWith('[')) return false;
    const host = hostOf(remote);
    // Listening on every address it serves none of another machine.
    return (host.startsWith('127.') || this.#addresses.has(host)) && this.#serves(host);
  }

  #isUnheard(key: string, syns: number): void {
    const before = this.#syns.get(key);
    if (before === undefined && this.#syns.size >= MOST) return;
    this.#syns.set(key, Math.max(before ?? 0, syns));
  }
}

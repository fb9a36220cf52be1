/** A rule of netfilter that turns packets of one port away. */
export interface TurningRule {
  /** Where it stands: `inet filter input, handle 5`. */
  at: string;
  /** What it does: `drop`, `reject with tcp reset`, `reject`. */
  does: string;
  /** So many it has turned away; absent: it has no counter that counts just these. */
  packets?: number;
}

type Json = { [key: string]: unknown };

interface Rule {
  family: string;
  table: string;
  chain: string;
  handle: number;
  expr: Json[];
}

/** Ports of a match: single ones and ranges. */
type Ports = [first: number, last: number][];

/** Where packets to the server's port are met, and those of its answers; `forward` meets both. */
const TO_SERVER = ['prerouting', 'ingress', 'input', 'forward'];
const FROM_SERVER = ['output', 'postrouting', 'egress', 'forward'];
/** Deeper the kernel jumps no more (NFT_JUMP_STACK_SIZE). */
const DEEPEST = 16;

/**
 * The rules that name this TCP port, by themselves or by the rule that jumps to their chain, and drop or reject. `text`: what
 * `nft -j list ruleset` prints (libnftables-json(5)), with the rules of iptables-nft among them; none of a text of another form.
 */
export function rulesAgainst(text: string, port: number): TurningRule[] {
  const objects = objectsIn(text);
  const of = (kind: string) => objects.flatMap((one) => (isJson(one[kind]) ? [one[kind]] : []));
  const key = ({ family, table }: Json, name: unknown) => `${family} ${table} ${name}`;
  const rules = of('rule') as unknown as Rule[];
  const byChain = Map.groupBy(rules, (rule) => key(rule as unknown as Json, rule.chain));
  const counters = new Map(of('counter').map((one) => [key(one, one.name), one.packets]));
  const sets = new Map(of('set').map((one) => [key(one, one.name), one.elem]));
  const jumps = new Map<string, number>();
  for (const rule of rules)
    for (const target of rule.expr.flatMap(targetsOf)) {
      const name = key(rule as unknown as Json, target);
      jumps.set(name, (jumps.get(name) ?? 0) + 1);
    }
  const found = new Map<string, TurningRule>();

  const walk = (chain: string, fields: readonly string[], named: boolean, alone: boolean, depth: number) => {
    if (depth > DEEPEST) return;
    for (const rule of byChain.get(chain) ?? []) {
      const at = `${rule.family} ${rule.table} ${rule.chain}, handle ${rule.handle}`;
      let [names, only, counted] = [named, alone, undefined as number | undefined];
      for (const one of rule.expr) {
        if ('counter' in one) {
          const { counter } = one;
          const packets = isJson(counter)
            ? counter.packets
            : counters.get(key(rule as unknown as Json, counter));
          counted = typeof packets === 'number' ? packets : undefined;
          continue;
        }
        const does = verdictOf(one) ?? vmapVerdict(one, fields, port);
        if (does !== undefined) {
          if (!names && !('vmap' in one)) break;
          // One that a map gives is counted with all that are looked up there.
          const own = only && !('vmap' in one) ? counted : undefined;
          found.set(at, { at, does, ...(own === undefined ? {} : { packets: own }) });
          break;
        }
        const [target] = targetsOf(one);
        if (target !== undefined && !('vmap' in one)) {
          const next = key(rule as unknown as Json, target);
          walk(next, fields, names, only && jumps.get(next) === 1, depth + 1);
          continue;
        }
        // What belongs to no connection any more, as a late ACK: to drop it fails nobody.
        if (isInvalidOnly(one)) break;
        const ports = portsOf(one, fields, (name) => sets.get(key(rule as unknown as Json, name)));
        if (ports !== undefined) {
          if (!ports.some(([first, last]) => first <= port && port <= last)) break;
          names = true;
          only = ports.every(([first, last]) => first === port && last === port) || (named && only);
        }
        // What is looked at after it lets some pass that it has counted.
        counted = undefined;
      }
    }
  };
  for (const chain of of('chain')) {
    const { hook } = chain;
    if (typeof hook !== 'string') continue;
    const fields = [
      ...(TO_SERVER.includes(hook) ? ['dport'] : []),
      ...(FROM_SERVER.includes(hook) ? ['sport'] : []),
    ];
    if (fields.length > 0) walk(key(chain, chain.name), fields, false, true, 0);
  }
  return [...found.values()];
}

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;

function objectsIn(text: string): Json[] {
  try {
    const { nftables } = JSON.parse(text) as { nftables?: unknown };
    return Array.isArray(nftables) ? nftables.filter(isJson) : [];
  } catch {
    return [];
  }
}

/** Of iptables-nft REJECT is a target of its own (`xt`). */
function verdictOf(one: Json): string | undefined {
  if ('drop' in one) return 'drop';
  if ('reject' in one) {
    const how = isJson(one.reject) ? one.reject : {};
    const word = how.type === 'tcp reset' ? 'tcp reset' : how.expr;
    return typeof word === 'string' ? `reject with ${word}` : 'reject';
  }
  const { xt } = one;
  if (!isJson(xt) || xt.type !== 'target') return undefined;
  return xt.name === 'REJECT' ? 'reject' : xt.name === 'DROP' ? 'drop' : undefined;
}

/** What a map of ports to verdicts says of this one. */
function vmapVerdict({ vmap }: Json, fields: readonly string[], port: number): string | undefined {
  if (!isJson(vmap) || !isJson(vmap.data) || !isPortField(vmap.key, fields)) return undefined;
  const { set } = vmap.data;
  if (!Array.isArray(set)) return undefined;
  for (const pair of set) {
    if (!Array.isArray(pair) || !isJson(pair[1])) continue;
    const within = rangesIn(pair[0])?.some(([first, last]) => first <= port && port <= last);
    if (within) return verdictOf(pair[1]);
  }
  return undefined;
}

function targetsOf(one: Json): string[] {
  return [one.jump, one.goto].flatMap((to) =>
    isJson(to) && typeof to.target === 'string' ? [to.target] : [],
  );
}

function isInvalidOnly({ match }: Json): boolean {
  if (!isJson(match) || !isJson(match.left) || !isJson(match.left.ct)) return false;
  const states = [match.right].flat();
  return match.left.ct.key === 'state' && match.op !== '!=' && states.every((state) => state === 'invalid');
}

function isPortField(left: unknown, fields: readonly string[]): boolean {
  if (!isJson(left) || !isJson(left.payload)) return false;
  const { protocol, field } = left.payload;
  return (protocol === 'tcp' || protocol === 'th') && fields.includes(String(field));
}

/** The ports that a match takes; undefined where it is about something else. */
function portsOf(one: Json, fields: readonly string[], setOf: (name: string) => unknown): Ports | undefined {
  const { match } = one;
  if (!isJson(match) || !isPortField(match.left, fields)) return undefined;
  const { op, right } = match;
  const named = typeof right === 'string' && right.startsWith('@') ? setOf(right.slice(1)) : right;
  const ports = rangesIn(named) ?? [];
  return op === '==' || op === 'in' ? ports : othersThan(ports);
}

function othersThan(ports: Ports): Ports {
  const others: Ports = [];
  let next = 0;
  for (const [first, last] of [...ports].sort(([a], [b]) => a - b)) {
    if (first > next) others.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  return next > 65_535 ? others : [...others, [next, 65_535]];
}

function rangesIn(value: unknown): Ports | undefined {
  if (typeof value === 'number') return [[value, value]];
  if (Array.isArray(value)) return value.flatMap((one) => rangesIn(one) ?? []);
  if (!isJson(value)) return undefined;
  if ('set' in value) return rangesIn(value.set);
  if (isJson(value.elem)) return rangesIn(value.elem.val);
  const { range } = value;
  if (!Array.isArray(range)) return undefined;
  const [first, last] = range;
  return typeof first === 'number' && typeof last === 'number' ? [[first, last]] : undefined;
}

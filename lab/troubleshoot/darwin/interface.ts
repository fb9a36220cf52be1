import { parseInterfaces } from '../../../system/darwin/interfaces.ts';
import { concludeInterfaces, type Interfaces } from '../interfaces.ts';
import { complaint, type Step, spanOf, textsOf } from '../step.ts';

const LINE = 'netstat -i -b -d -n';

/** 1: does the interface lose packets? */
export const interfaceStep: Step = {
  step: 'interface',
  cause: 'loopback-interface',
  question: 'does the interface damage or lose packets?',
  commands: () => [
    {
      line: LINE,
      columns: [
        'Network: the row <Link#…> is the interface itself; the others repeat it for each address',
        'Ipkts, Opkts: packets received and sent since boot',
        'Ierrs, Oerrs: damaged ones; lo0 has no wire, so more than 0 there is a fault of the kernel',
        'Drop: thrown away for want of room; a lost SYN comes again after 1 s, nobody is reset by it',
      ],
    },
  ],
  conclude(_, looks) {
    const all = textsOf(looks, LINE)
      .map(totalsOf)
      .filter((one) => one !== undefined);
    return concludeInterfaces(all, spanOf(looks), complaint(looks, LINE));
  },
};

/** Interfaces from that command; undefined for other text. */
export function totalsOf(text: string): Interfaces | undefined {
  const counters = parseInterfaces(text);
  if (counters === undefined) return undefined;
  const found: Interfaces = {};
  for (const [key, value] of Object.entries(counters)) {
    const [, name = '', column = ''] = key.split(' ');
    found[name] ??= { packets: 0, errors: 0, drops: 0 };
    if (column.endsWith('pkts')) found[name].packets += value;
    if (column.endsWith('errs')) found[name].errors += value;
    if (column === 'Drop') found[name].drops += value;
  }
  return found;
}

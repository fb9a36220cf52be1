import { parseDevices } from '../../../system/proc/net-counters.ts';
import { concludeInterfaces, type Interfaces } from '../interfaces.ts';
import { complaint, type Step, type Subject, spanOf, textsOf } from '../step.ts';

const COLUMNS = [
  'packets: since the interface came up; received on the left, sent on the right',
  'errs: packets that arrived or left damaged; lo has no wire, so more than 0 there is a fault of the kernel',
  'drop: packets thrown away for want of room or memory; a lost SYN comes again after 1 s, nobody is reset by it',
];

const line = ({ netDir }: Subject) => `cat ${netDir}/dev`;

/** 1: does the interface lose packets? */
export const interfaceStep: Step = {
  step: 'interface',
  cause: 'loopback-interface',
  question: 'does the interface damage or lose packets?',
  commands: (subject) => [{ line: line(subject), columns: COLUMNS }],
  conclude(subject, looks) {
    const texts = textsOf(looks, line(subject));
    return concludeInterfaces(texts.map(totalsOf), spanOf(looks), complaint(looks, line(subject)));
  },
};

/** Interfaces from /proc/net/dev. */
export function totalsOf(text: string): Interfaces {
  const counters = parseDevices(text);
  const found: Interfaces = {};
  for (const [key, value] of Object.entries(counters)) {
    const [, name = '', field] = /^(.*) [rt]x_(\w+)$/.exec(key) ?? [];
    found[name] ??= { packets: 0, errors: 0, drops: 0 };
    if (field === 'packets') found[name].packets += value;
    if (field === 'errors') found[name].errors += value;
    if (field === 'dropped') found[name].drops += value;
  }
  return found;
}

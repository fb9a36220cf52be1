import assert from 'node:assert/strict';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { isDrawn } from '../../whole.ts';
import { type Diagnosed, skipWithout } from '../place.ts';
import { certificate, Field, type Users, type Where, type Who, whyNot } from './field.ts';
import { PORT } from './shape.ts';

/** A fault of the server itself. */
interface Fault {
  says: string;
  /** What `web.ts` gets. */
  env: Record<string, number>;
  /** Causes that name it. */
  right: readonly string[];
}

const FAULTS: readonly Fault[] = [
  { says: 'out of descriptors', env: { nofile: 40 }, right: ['fd-exhaustion'] },
  {
    says: 'a cap: who comes beyond it is closed at once, without a word',
    env: { CAP: 12 },
    right: ['connection-cap'],
  },
  { says: 'SO_LINGER 0 to a third of its users', env: { THIRD: 1 }, right: [] },
];

/** A shape that is healthy, with a server that is not. */
export interface Control {
  /** By TLS. */
  tls?: boolean;
  /** Starts what else lives there. */
  stage?(field: Field): Promise<unknown>;
  /** Gives what became of the server's users. */
  load(field: Field): Promise<Users>;
}

/** Users that nobody serves wait this long, ms. */
export const PATIENCE_MS = 1500;

/** Who watches with users where: in turn, so that each fault and each shape has both. */
const FORMS: readonly (readonly [Where, Who])[] = [
  ['beside', 'root'],
  ['elsewhere', 'an ordinary user'],
];

let [turn, shapes] = [0, 0];

/** The same shape with each fault of the server: that is named, or something is said to be unknown; silence is wrong. */
export function faulty(title: string, control: Control): void {
  describe(`lab diagnose: not healthy: ${title}`, function () {
    this.timeout(120_000);
    skipWhenMissing(netns);
    if (control.tls) skipWithout('openssl');
    shapes += 1;
    const forms = FAULTS.flatMap((fault, index) => {
      turn += 1;
      const [where, who] = FORMS[turn % FORMS.length] as (typeof FORMS)[number];
      // Each shape and each fault once.
      return isDrawn(index + shapes, FAULTS.length) ? [{ fault, where, who }] : [];
    });

    // At once: mostly they wait.
    let watched: (Promise<Diagnosed> | undefined)[] = [];
    before(() => {
      watched = forms.map(({ where, who, fault }) =>
        whyNot(who) === undefined ? watch(where, who, control, fault) : undefined,
      );
      for (const one of watched) one?.catch(() => {});
    });
    for (const [index, { where, who, fault }] of forms.entries())
      it(`${fault.says}; users ${where}, the lab of ${who}`, async function () {
        const diagnosed = watched[index];
        if (diagnosed === undefined) skip(this, whyNot(who) ?? 'not watched');
        assertSaid(await diagnosed, fault.right);
      });
  });
}

async function watch(where: Where, who: Who, control: Control, { env }: Fault): Promise<Diagnosed> {
  await using field = await Field.make(where);
  const secure = control.tls ? { CERTIFICATE: certificate(field.place) } : {};
  await field.serve('web.ts', PORT, { ...env, ...secure });
  await control.stage?.(field);
  const [diagnosed] = await field.watch([who], ['--port', String(PORT)], async () => {
    const { failed, served } = await control.load(field);
    const all = Object.values(failed).reduce((sum, users) => sum + users, 0);
    assert.ok(all >= 10 && served > 0, `${all} failed, ${served} were served`);
  });
  return diagnosed as Diagnosed;
}

/** A right cause is confirmed, and no wrong one; or it says that there is something which it cannot name. */
function assertSaid({ code, document, causes }: Diagnosed, right: readonly string[]): void {
  const confirmed = document.verdicts.filter(({ verdict }) => verdict === 'confirmed');
  const wider = confirmed.filter(({ cause }) => right.includes(cause)).map(({ under }) => under);
  const wrong = causes('confirmed').filter((cause) => !right.includes(cause) && !wider.includes(cause));
  const said = confirmed.flatMap(({ cause, for: pro }) => pro.map(({ says }) => `${cause}: ${says}`));
  assert.deepEqual(wrong, [], [JSON.stringify(document.counted), ...said].join('\n'));
  const named = confirmed.some(({ cause }) => right.includes(cause));
  const open = causes('unknown').length > 0 || code === 1;
  assert.ok(named || open, `nothing is said: ${JSON.stringify(document.counted)}`);
}

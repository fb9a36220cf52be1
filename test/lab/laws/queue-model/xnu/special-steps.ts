import type { SpecialCase } from './data.ts';
import { Segments } from './segments.ts';

/**
 * The single cases as steps: S3 a SYN of client 3, A3 ACK, P3 data, F3 FIN, R3 RST; a accept(2), x the same without a
 * descriptor, c3 close(2), r3 read(2), w3 write(2); q the queue is looked at, l its two lists; t1000 goes on at that time, ms.
 */
const STEPS: Record<string, string> = {
  'e full of complete ones, then SYN; accept; SYN again': 'S0 A0 S1 A1 S2 q a S2 A2 P2 q',
  'e mixed: 1 complete + 1 half-open, then 2 SYNs': 'S0 A0 S1 q S2 l A1 A2 l S3',
  'f evicted: ACK': 'S0 S1 A0',
  'f evicted: data without ACK before (ACK and data in one)': 'S0 S1 P0',
  'f evicted: ACK, then data': 'S0 S1 A0 P0',
  'f evicted: FIN': 'S0 S1 F0',
  'f evicted: RST': 'S0 S1 R0 R0',
  'f half-open: ACK and data in one segment': 'S0 P0 q a r0',
  'f half-open: FIN with ACK': 'S0 F0 q a c0',
  'g SYN again, half-open': 'S0 S0 q A0 q',
  'g SYN again, half-open, queue full': 'S0 S0 q A0 q',
  'g SYN again, complete in queue': 'S0 A0 S0 q',
  'g SYN again of an evicted one, half-open victim there': 'S0 S1 S0 l A0 l A1',
  'g SYN again of an evicted one, queue of complete ones': 'S0 S1 A1 S0 A0 l',
  'g SYN again of a dropped one after accept': 'S0 A0 S1 a S1 A1 P1 l',
  'h EMFILE: no data': 'S0 A0 x P0',
  'h EMFILE: unread data': 'S0 A0 P0 x x P0',
  'h EMFILE: 3 waiting, 3 accepts, 1 more': 'S0 A0 S1 A1 P1 S2 A2 q x q x q x q x',
  'h EMFILE: client had sent FIN': 'S0 A0 F0 x',
  'i close, unread data': 'S0 A0 P0 a c0 P0',
  'i close, nothing unread, then data': 'S0 A0 a c0 P0 P0',
  'i close after reading, then client FIN': 'S0 A0 P0 a r0 c0 F0',
  'i client FIN, then close': 'S0 A0 F0 a c0 A0',
  'l half-open, client sends RST': 'S0 S1 R0 q l t1000 q t21000 q l',
  'l half-open, client sends RST; queue full; new SYN': 'S0 S1 S2 R1 q l S3 l S4 l q',
  'l complete, client sends RST; accept': 'S0 A0 S1 A1 R0 q l t30000 q a a a',
  'l complete, client sends RST, data unread; accept': 'S0 A0 P0 R0 q a',
  'm half-open, nobody answers': 'S0 t76000 q A0',
  'm half-open, SYN again at 30 s': 'S0 t30000 S0 t76000 q t136000 q',
  'o accept order': 'S0 S1 S2 A2 A0 A1 a a a a',
  'p complete one, client FIN before accept': 'S0 A0 P0 F0 a r0 w0 c0',
};

/** What the model shows of a case, and what of it is XNU’s. */
export interface Played {
  made: Segments;
  logs: string[];
  /** Of the queue and of accept(2); what is as it was is not said again. */
  events: string[];
  /** C its SYN was answered, N not. */
  letters: string;
}

/** Plays the steps; undefined: there are none for this case. */
export function playCase(one: SpecialCase): Played | undefined {
  const steps = one.N === undefined ? STEPS[one.case] : synsOf(one.N);
  return steps === undefined ? undefined : play(steps, one);
}

/** SYNs alone, of so many clients. */
function synsOf(clients: number): string {
  return Array.from({ length: clients }, (_, client) => `S${client}`).join(' ');
}

/** The generator’s first value where a queue of one overflows first. */
const RANDOM = 42_197;

/** Plays steps of this kind at a listener. */
export function play(
  steps: string,
  { case: name, B, S = 128, random = RANDOM }: Pick<SpecialCase, 'case' | 'B' | 'S' | 'random'>,
): Played {
  const compat = name.startsWith('k ') ? { soqlimitcompat: 0 } : {};
  const made = new Segments({ backlog: B, somaxconn: S, ...compat }, random);
  const played: Played = { made, logs: [], events: [], letters: '' };
  let at = 0;
  for (const step of steps.split(' ')) {
    const [what = '', number = ''] = [step[0], step.slice(1)];
    const client = Number(number);
    const now = at;
    // What is due at that time comes first.
    const plan = (run: () => void) => made.agenda.plan(now === 0 ? 0 : now + 1, run);
    const note = (text: string) => {
      const same = played.events.at(-1)?.replace(/ @.*/, '') === text && !text.startsWith('accept');
      if (!same) played.events.push(`${text} @${now}`);
    };
    if (what === 't') at = client;
    else if (what === 'S') plan(() => made.syn(client));
    else if (what in SEGMENT) plan(() => made.send(client, SEGMENT[what as keyof typeof SEGMENT]));
    else if (what === 'c') plan(() => made.close(client));
    else if (what === 'r') plan(() => made.read(client));
    else if (what === 'w') plan(() => made.logs[client]?.push('<PA'));
    else if (what === 'a') plan(() => note(`accept ${made.accept() ?? 35}`));
    else if (what === 'x') plan(() => note(`accept ${made.acceptWithout() ? 24 : 35}`));
    else if (what === 'q') plan(() => note(queueOf(made)));
    else if (what === 'l') plan(() => note(listsOf(made)));
    else throw new Error(`step ${step}`);
  }
  // What timers do after the last step is not part of it.
  made.agenda.plan(at === 0 ? 0 : at + 1, () => {
    played.logs = made.logs.map((log) => log.join(' '));
    played.letters = made.logs.map((log) => (log.includes('<SA') ? 'C' : 'N')).join('');
    made.freeze();
  });
  made.agenda.run();
  return played;
}

const SEGMENT = { A: 'ack', P: 'data', F: 'fin', R: 'rst' } as const;

function queueOf({ listener }: Segments): string {
  const { halfOpen, complete } = listener.lists;
  return `${halfOpen.length + complete.length}/${halfOpen.length}`;
}

function listsOf({ listener }: Segments): string {
  const { halfOpen, complete } = listener.lists;
  return `half-open ${halfOpen.join(',')} complete ${complete.join(',')}`;
}

/** XNU’s log without what the model does not send: ACKs of data and of FIN. */
export function comparable(log: string): string {
  return log
    .replaceAll('RA', 'R')
    .replaceAll(/(>PA|>FA) <A(?= |$)/g, '$1')
    .replaceAll(/<A <FA/g, '<FA');
}

/** Events of the queue and of accept(2), of XNU’s. */
export function queueEvents(events: readonly string[]): string[] {
  return events.filter((event) => /^(\d+\/|accept|half-open)/.test(event));
}

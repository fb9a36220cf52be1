import type { TargetDocument } from '../beside/target-document.ts';

/** Where users are who have connected, and have not yet what they came for; robots of `tcp` wait for nothing more. */
const STAGES = {
  ws: { in: 'in upgrade', inThe: 'in the upgrade', before: 'before the upgrade', the: 'the upgrade' },
  http: {
    in: 'before an answer',
    inThe: 'before an answer',
    before: 'before an answer',
    the: 'the request',
  },
  tcp: { in: 'once connected', inThe: 'once connected', before: 'before any data', the: 'the first data' },
};

/** The words for a stranger's server. */
export interface StrangerWords {
  /** Causes are told of a gateway and its upgrade: what this server has in place of an upgrade. */
  stages(text: string): string;
  /** The same, and the server is called by its name. */
  named(text: string): string;
}

/** Gives the words; without a name it is `the server`. */
export function strangerWords({ name, speaks }: Pick<TargetDocument, 'name' | 'speaks'>): StrangerWords {
  const server = name !== null && /^[\w.+:@-]*[a-z][\w.+:@-]*$/i.test(name) ? name : 'the server';
  const stage = STAGES[speaks ?? 'tcp'];
  const stages = (text: string) =>
    text
      .replace(/\bgateway\b(?!-)/g, 'server')
      .replace(/\bin upgrade\b/g, stage.in)
      .replace(/\bin the upgrade\b/g, stage.inThe)
      .replace(/\bbefore the upgrade(?: was answered)?\b/g, stage.before)
      .replace(/\bthe upgrade\b/g, stage.the);
  return { stages, named: (text) => stages(text).replace(/\bthe server\b/g, server) };
}

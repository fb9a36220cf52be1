import assert from 'node:assert/strict';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import type { Outcome, Stage } from '../../../protocol/fleet-events.ts';
import { EXTRAS } from './extras.ts';
import { mulberry, type Situation, synthesise } from './synthetic.ts';

/** A line of the truth table: a situation, and what it says beyond the columns. */
export interface Line {
  situation: Situation;
  extras: { key: string; value: string }[];
}

/** Reads what stands before `->`. Throws for what is no situation, and for an extra that nobody handles. */
export function parse(text: string): Line {
  const [columns = '', extras = ''] = text.split('|');
  return {
    situation: parseColumns(columns),
    extras: extras.trim().split(/\s+/).filter(Boolean).map(parseExtra),
  };
}

/** The evidence of a line, with noise from a seed: the columns first, then the extras in their order. */
export function evidenceOf({ situation, extras }: Line, seed: number): Evidence {
  const evidence = synthesise(situation, seed);
  const random = mulberry(seed + 1000);
  for (const { key, value } of extras) EXTRAS[key]?.(evidence, value, random);
  return evidence;
}

function parseExtra(text: string): { key: string; value: string } {
  const [, key = '', value] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  assert.ok(value !== undefined, `not key=value: ${text}`);
  assert.ok(
    Object.hasOwn(EXTRAS, key),
    `unknown extra "${key}"; there are: ${Object.keys(EXTRAS).join(', ')}`,
  );
  return { key, value };
}

function parseColumns(text: string): Situation {
  const match = /^\s*(\S+) +(\d+) +(\d+) +(\d+) +(\S+) +(\d+) +(\S+) +(.+?)\s*$/.exec(text);
  assert.ok(match, `not a situation: ${text}`);
  const [, descriptors, overflows, abort, drops, gateway, loopMs, betting, failed] =
    match as unknown as string[];
  return {
    descriptors: descriptors as Situation['descriptors'],
    overflows: Number(overflows),
    abort: Number(abort),
    drops: Number(drops),
    gateway: gateway as string,
    loopMs: Number(loopMs),
    betting: betting as Situation['betting'],
    failed: failed === 'none' ? [] : (failed as string).split('+').map(parseFailed),
  };
}

function parseFailed(text: string): Situation['failed'][number] {
  const match = /^\s*(\d+) x (\S+) @ (connect|tls|upgrade|open)(\*?)(~?)(\??)\s*$/.exec(text);
  assert.ok(match, `not a group of failures: ${text}`);
  return {
    users: Number(match[1]),
    outcome: match[2] as Outcome,
    stage: match[3] as Stage,
    afterBet: match[4] === '*',
    late: match[5] === '~',
    blind: match[6] === '?',
  };
}

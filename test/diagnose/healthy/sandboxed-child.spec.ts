import assert from 'node:assert/strict';
import { assertServed, type Field } from './field.ts';
import { healthy, PORT } from './shape.ts';

/** A web server, once its children have come down to nofile 0 and 1. */
async function stage(field: Field, env = {}): Promise<number> {
  const pid = await field.serve('sandboxed.ts', PORT, env);
  const limits = () =>
    field.place.run(
      `cat $(cat /proc/${pid}/task/*/children | sed -E 's:([0-9]+) ?:/proc/\\1/limits :g') | grep 'open files'`,
    );
  for (let tries = 100; !/files +0 [\s\S]*files +1 /.test(limits()); tries -= 1)
    assert.ok(tries > 0, limits());
  return pid;
}

/** Users, and a health check that ends with RST: what might pass for the failures of a server without descriptors. */
async function load(field: Field): Promise<void> {
  const knocks = field.visit('knocking.ts', PORT, { HOW: 'reset' });
  assertServed(await field.users(PORT, { POOL: 10, SHORT_MS: 50 }), 25);
  await knocks;
}

healthy('sandboxed children with nofile 0 and 1, which have nothing to do with the users', {
  stage,
  load,
});

healthy('sandboxed children with nofile 0 and 1 that have the listener, and never accept', {
  stage: (field) => stage(field, { HOLDING: 1 }),
  load,
});

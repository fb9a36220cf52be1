import assert from 'node:assert/strict';
import { join } from 'node:path';
import { netns } from '../../lab/runtimes/netns.ts';
import { skip, skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { Field, type Who, whyNot } from './healthy/field.ts';
import { type Diagnosed, Place, skipWithout } from './place.ts';
import { assertConfirmed } from './verdicts.ts';

const it = oneIn(4);

const RELAY = [process.execPath, join(import.meta.dirname, 'upstream/relay.ts')];
const BEHIND = ['python3', join(import.meta.dirname, 'upstream/behind.py')];
const GET = 'GET / HTTP/1.1\\nHost: a\\n\\n';
const PORT = 9000;

/** A field whose server has so few local ports; its users have ports of their own. */
async function narrow(ports: number): Promise<Field> {
  const field = await Field.make('elsewhere');
  field.place.run(`echo "40000 ${39_999 + ports}" > /proc/sys/net/ipv4/ip_local_port_range`);
  return field;
}

/** Who watches, each beside the same load. */
const PEOPLE: readonly Who[] = ['root', 'an ordinary user'];

/** Watched by all of these people: this cause and no other, with so many failures. */
async function assertTold(
  field: Field,
  people: readonly Who[],
  cause: string,
  [least, most]: [number, number],
  load: () => Promise<void>,
): Promise<Diagnosed[]> {
  const able = people.filter((who) => whyNot(who) === undefined);
  const all = await field.watch(able, ['--port', String(PORT)], load);
  for (const [index, diagnosed] of all.entries()) {
    const { counted, seen, verdicts } = diagnosed.document;
    const text = `${able[index]}: ${JSON.stringify({ counted, seen, it: verdicts.find((one) => one.cause === cause) })}`;
    assert.deepEqual(diagnosed.causes('confirmed'), [cause], text);
    assert.deepEqual(diagnosed.causes('unknown'), [], text);
    const { explains } = diagnosed.document.verdicts.find((one) => one.cause === cause) ?? {};
    assert.ok(explains !== undefined && explains >= least && explains <= most, `${explains}; ${text}`);
  }
  return all;
}

describe('lab diagnose: a server that is a client as well', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('python3');

  it('upstream-queue: the queue of a UNIX socket is full, under a load of somebody else', async () => {
    await using field = await Field.make('beside');
    const at = join(field.place.folder, 'behind.sock');
    await field.serve(BEHIND, 9002, { root: 1, AT: at, BACKLOG: 5, TAKES: 4 });
    await field.serve(RELAY, PORT, { UPSTREAMS: at });
    await assertTold(field, PEOPLE, 'upstream-queue', [28, 30], () =>
      field.place.clients(PORT, 40, { says: GET, rampMs: 3000, stayMs: 1500 }),
    );
  });

  it('upstream-queue: robots that are answered with 502', async () => {
    await using field = await Field.make('beside');
    const at = join(field.place.folder, 'behind.sock');
    await field.serve(BEHIND, 9002, { root: 1, AT: at, BACKLOG: 5, TAKES: 4 });
    await field.serve(RELAY, PORT, { UPSTREAMS: at, ANSWER: '502' });
    const load = ['--load', '40', '--kind', 'http', '--ramp', '3s', '--timeout', '6s', '--hold', '5s'];
    const diagnosed = await field.place.diagnose('--port', String(PORT), ...load);
    assert.ok(diagnosed.document.users?.by.some(({ status }) => status === 502));
    assert.ok(
      diagnosed.causes('confirmed').includes('upstream-queue'),
      JSON.stringify(diagnosed.document.users),
    );
    assert.ok(!diagnosed.causes('confirmed').includes('connection-cap'));
  });

  it('upstream-queue: over TCP, where a SYN is dropped and nobody answers', async () => {
    await using field = await Field.make('beside');
    await field.serve(BEHIND, 9002, { root: 1, AT: 9001, BACKLOG: 3, TAKES: 2 });
    await field.serve(RELAY, PORT, { UPSTREAMS: 9001, WITHIN_MS: 900 });
    await assertTold(field, PEOPLE, 'upstream-queue', [12, 15], () =>
      field.place.clients(PORT, 20, { says: GET, rampMs: 2000, stayMs: 2500 }),
    );
  });

  it('upstream-queue: over TCP, the upstream in another network namespace', async function () {
    if (whyNot('root') !== undefined) skip(this, 'to look into it takes root');
    await using field = await Field.make('elsewhere');
    await using behind = await Place.make({}, field.place);
    field.place.run(
      `ip link add front type veth peer name back netns ${behind.holder} &&
       ip addr add 10.78.0.1/24 dev front && ip link set front up`,
    );
    behind.run('ip addr add 10.78.0.2/24 dev back && ip link set back up');
    await behind.serve(BEHIND, 9002, { env: { AT: '9001', HOST: '10.78.0.2', BACKLOG: '3', TAKES: '2' } });
    await field.serve(RELAY, PORT, { UPSTREAMS: '10.78.0.2:9001', WITHIN_MS: 900 });
    await assertTold(field, ['root'], 'upstream-queue', [12, 15], () =>
      field.place.clients(PORT, 20, { says: GET, rampMs: 2000, stayMs: 2500 }),
    );
  });

  it('upstream-refused: nobody listens there, under a load of somebody else', async function () {
    if (whyNot('root') !== undefined) skip(this, 'to be told of it takes root');
    await using field = await Field.make('beside');
    await field.serve(RELAY, PORT, { UPSTREAMS: 9001 });
    await assertTold(field, ['root'], 'upstream-refused', [25, 25], () =>
      field.place.clients(PORT, 25, { says: GET, rampMs: 1000 }),
    );
  });

  it('upstream-refused: each user is told so in order, and closed by nobody, under a load of somebody else', async function () {
    if (whyNot('root') !== undefined) skip(this, 'to be told of it takes root');
    await using field = await Field.make('beside');
    await field.serve(RELAY, PORT, { UPSTREAMS: 9001, ANSWER: '502' });
    const [root] = await assertTold(field, ['root'], 'upstream-refused', [25, 25], () =>
      field.place.clients(PORT, 25, { says: GET, rampMs: 1000 }),
    );
    assert.match(JSON.stringify(root?.document.verdicts), /25 connections received one answer, of 66 bytes/);
  });

  it('upstream-queue: each user is told so in order after a while, under a load of somebody else', async () => {
    await using field = await Field.make('beside');
    await field.serve(BEHIND, 9002, { root: 1, AT: 9001, BACKLOG: 1, TAKES: 0 });
    await field.serve(RELAY, PORT, { UPSTREAMS: 9001, WITHIN_MS: 900, ANSWER: '502' });
    await field.place.clients(9001, 2, { stayMs: 200 });
    await assertTold(field, PEOPLE, 'upstream-queue', [22, 25], () =>
      field.place.clients(PORT, 25, { says: GET, rampMs: 3000, stayMs: 1500 }),
    );
  });

  it('upstream-refused: robots, some of whom are in when the upstream stops', async function () {
    if (whyNot('root') !== undefined) skip(this, 'to be told of it takes root');
    await using field = await Field.make('beside');
    const behind = await field.serve(BEHIND, 9001, { root: 1, AT: 9002 });
    await field.serve(RELAY, PORT, { UPSTREAMS: 9002, ANSWER: '502' });
    setTimeout(() => process.kill(behind, 'SIGKILL'), 100);
    const load = ['--load', '30', '--kind', 'http', '--ramp', '1s', '--timeout', '4s'];
    const diagnosed = await field.place.diagnose('--port', String(PORT), ...load);
    assertConfirmed(diagnosed, 'upstream-refused');
  });

  it('of a refusal an ordinary user is told nothing: left open, and nobody else is accused', async function () {
    const why = whyNot('an ordinary user');
    if (why !== undefined) skip(this, why);
    await using field = await Field.make('beside');
    await field.serve(RELAY, PORT, { UPSTREAMS: 9001 });
    const [diagnosed] = await field.watch(['an ordinary user'], ['--port', String(PORT)], () =>
      field.place.clients(PORT, 25, { says: GET, rampMs: 1000 }),
    );
    assert.deepEqual(diagnosed?.causes('confirmed'), []);
    assert.deepEqual(diagnosed?.causes('unknown'), ['unknown']);
  });

  it('ephemeral-ports: none is left towards the upstream; no load generator is accused', async () => {
    await using field = await narrow(30);
    await field.serve(BEHIND, 9002, { root: 1, AT: 9001 });
    await field.serve(RELAY, PORT, { UPSTREAMS: 9001 });
    const all = await assertTold(field, PEOPLE, 'ephemeral-ports', [20, 20], async () => {
      await field.visit('crowd.ts', PORT, { USERS: 50, FOR_MS: 3000 });
    });
    for (const { document } of all)
      assert.equal(document.verdicts.find(({ cause }) => cause === 'ephemeral-ports')?.under, undefined);
  });
});

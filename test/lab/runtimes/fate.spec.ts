import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { sortOut } from '../../../lab/runtimes/cleaned.ts';
import { fateOf } from '../../../lab/runtimes/fate.ts';
import { addressOf, newLabel, parseLabel } from '../../../lab/runtimes/label.ts';
import { thisHost } from '../../../system/host.ts';
import { FIRST_NAMESPACE, findPlace, thisPlace } from '../../../system/pid-place.ts';
import { onLinuxOnly, skip } from '../../skip.ts';
import { deadLabel, foreignLabel, inOtherNamespace, labBehind, labelWith, oldLabel } from './places.ts';

const isRoot = process.getuid?.() === 0;

describe('the label of a run', () => {
  it('tells its lab and the place where that pid is meant', () => {
    const label = newLabel();
    const { pid, place } = parseLabel(label) ?? {};
    assert.equal(pid, process.pid);
    assert.deepEqual(place, thisPlace());
    assert.notEqual(newLabel(), label);
    assert.match(addressOf(label), /^127(\.\d{1,3}){3}$/);
  });

  it('is a name that an engine and the kernel take, also at its longest', () => {
    const longest = labelWith({ pid: 2 ** 22, start: 10 ** 11, namespace: FIRST_NAMESPACE });
    for (const label of [newLabel(), longest]) assert.match(label, /^[a-z0-9][a-z0-9.-]{0,62}$/);
  });

  it('gives labs of one pid in two pid namespaces an address each', () => {
    const of = (namespace: string) => addressOf(`resetlab.7.1.1.0123456789ab-${namespace}`);
    assert.notEqual(of('4026531836'), of('4026532201'));
  });

  it('of labs before this one has no place, and what is none is none', () => {
    assert.deepEqual(parseLabel('resetlab.7.1234.2'), { pid: 7, start: 1234, place: undefined });
    for (const text of [
      '',
      'resetlab',
      'resetlab.like',
      'resetlab.0.0.0',
      'resetlab.1.2.3.4',
      ' resetlab.1.2.3',
    ])
      assert.equal(parseLabel(text), undefined, text);
  });

  it('has a place on macOS, and none where the system tells none', () => {
    const mac = (run: () => string) => findPlace({ ...thisHost, platform: 'darwin', run });
    const [one, other] = ['11111111-0000', '22222222-0000'].map((uuid) => mac(() => `${uuid}\n`));
    assert.equal(one?.namespace, '0');
    assert.match(one.boot, /^[0-9a-f]{12}$/);
    assert.notEqual(one.boot, other?.boot);
    assert.equal(
      mac(() => ''),
      undefined,
    );
    const refused = mac(() => {
      throw new Error('unknown oid');
    });
    assert.equal(refused, undefined);
  });
});

describe('the fate of a lab', function () {
  this.timeout(20_000);

  it('is told by pid and start time in one place, and not known of another', () => {
    assert.equal(fateOf(newLabel()), 'alive');
    assert.equal(fateOf(deadLabel()), 'dead');
    assert.equal(fateOf(foreignLabel()), 'unknown');
    assert.equal(fateOf('no label'), 'unknown');
    const [, pid, start] = newLabel().split('.').map(Number);
    assert.equal(fateOf(oldLabel(pid as number)), 'unknown');
    if (process.platform !== 'linux') return;
    assert.equal(fateOf(labelWith({ start: 1 })), 'dead', 'its pid has gone to another process');
    assert.equal(fateOf(oldLabel(pid as number, start)), 'alive', 'no other process has both');
  });

  it('decides what goes: what may live with --force only, what lives never', () => {
    const [live, dead, foreign] = [newLabel(), deadLabel(), foreignLabel()];
    const sorted = (force: boolean) => sortOut([live, dead, foreign], (label) => label, force);
    assert.deepEqual(sorted(false), { due: [dead], left: [foreign] });
    assert.deepEqual(sorted(true), { due: [dead, foreign], left: [] });
  });

  describe('on Linux', () => {
    onLinuxOnly('/proc and pid namespaces');

    it('in another pid namespace: known to root of the machine alone', async function () {
      const prefix = inOtherNamespace(this);
      let label = '';
      {
        await using other = await labBehind(prefix);
        label = other.label;
        const { place } = parseLabel(label) ?? {};
        assert.equal(place?.boot, thisPlace()?.boot);
        assert.notEqual(place?.namespace, thisPlace()?.namespace);
        assert.equal(fateOf(label), 'alive');
        if (isRoot)
          assert.equal(
            asNobody(() => fateOf(label)),
            'unknown',
          );
      }
      const seesAll = isRoot && thisPlace()?.namespace === FIRST_NAMESPACE;
      assert.equal(fateOf(label), seesAll ? 'dead' : 'unknown');
      if (isRoot)
        assert.equal(
          asNobody(() => fateOf(label)),
          'unknown',
        );
    });

    it('seen from inside another pid namespace: not known', function () {
      assert.equal(fateIn(inOtherNamespace(this), newLabel()), 'unknown');
    });

    it('is not known where /proc is that of another pid namespace', function () {
      const prefix = inOtherNamespace(this).filter((word) => word !== '--mount-proc');
      const [alive, dead] = ['newLabel()', "newLabel().replace(/^(\\w+\\.)\\d+/, '$1999999')"];
      assert.equal(fateIn(prefix, { code: alive }), 'unknown');
      assert.equal(fateIn(prefix, { code: dead }), 'unknown');
    });

    it('is not known of a process that hidepid hides', function () {
      if (!isRoot) skip(this, 'only root mounts /proc anew');
      const hide =
        'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"';
      const prefix = [...inOtherNamespace(this), 'sh', '-c', `(${hide}); exit $?`, 'sh'];
      const of = (pid: number) => ({ code: `newLabel().replace(/^(\\w+\\.)\\d+/, '$1${pid}')` });
      assert.equal(fateIn(prefix, of(1)), 'unknown');
      assert.equal(fateIn(prefix, of(999_999)), 'dead');
    });

    it('is dead when it has ended and nobody has asked how', async () => {
      const parent = spawn('sh', ['-c', 'exec 3<&0; cat <&3 & echo $!; exec sleep 60'], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      try {
        const [text] = await once(parent.stdout, 'data');
        const pid = Number(text);
        const fields = () =>
          readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ');
        // A shell would ask.
        await until(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n');
        parent.stdin.end();
        await until(() => fields()[0] === 'Z');
        const start = Number(fields()[19]);
        assert.equal(fateOf(labelWith({ pid, start })), 'dead');
      } finally {
        parent.kill('SIGKILL');
      }
    });
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** With the rights of an ordinary user. */
function asNobody<T>(look: () => T): T {
  process.seteuid?.(65_534);
  try {
    return look();
  } finally {
    process.seteuid?.(0);
  }
}

/** What a process behind that prefix says of a label, given or made there by JavaScript. */
function fateIn(prefix: readonly string[], label: string | { code: string }): string {
  const module = (name: string) => JSON.stringify(join(PROJECT_ROOT, `lab/runtimes/${name}.ts`));
  const script = [
    `import { fateOf } from ${module('fate')};`,
    `import { newLabel } from ${module('label')};`,
    `console.log(fateOf(${typeof label === 'string' ? JSON.stringify(label) : label.code}));`,
  ].join(' ');
  const argv = [...prefix, process.execPath, '--input-type=module', '-e', script];
  return execFileSync(argv[0] as string, argv.slice(1), { encoding: 'utf8' }).trim();
}

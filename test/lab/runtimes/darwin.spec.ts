import assert from 'node:assert/strict';
import { CannotRunError, UsageError } from '../../../common/errors.ts';
import { fdExhaustion } from '../../../lab/causes/fd-exhaustion.ts';
import { checkQueue, checkSysctls, heldBacklog } from '../../../lab/runtimes/darwin/check-mac.ts';
import { waitForPorts } from '../../../lab/runtimes/darwin/free-ports.ts';
import { checkNofile, nativeOn } from '../../../lab/runtimes/native.ts';
import { pickRuntime } from '../../../lab/runtimes/pick-runtime.ts';
import { deathSignal } from '../../../lab/runtimes/processes.ts';
import type { Stage } from '../../../lab/runtimes/runtime.ts';
import { checkCapacity } from '../../../lab/settings/capacity.ts';
import { readProfile } from '../../../lab/settings/profiles.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { parseLocalPorts } from '../../../system/darwin/netstat-tables.ts';
import { nofile } from '../../../system/descriptors.ts';
import type { Host } from '../../../system/host.ts';
import { localPorts } from '../../../system/local-ports.ts';
import { highestNofile } from '../../../system/machine-limits.ts';

const STOCK: Record<string, string> = {
  'kern.ipc.somaxconn': '128',
  'kern.ipc.soqlimitcompat': '1',
  'kern.maxfilesperproc': '10240',
  'net.inet.tcp.msl': '15000',
  'net.inet.tcp.fin_timeout': '60000',
  'net.inet.ip.portrange.first': '49152',
  'net.inet.ip.portrange.last': '65535',
};

/** A Mac with these sysctls, and a listing of connections for each time that it is asked; the last one stays. */
function mac(sysctls: Record<string, string> = {}, listings: string[] = [''], hard = 'unlimited'): Host {
  const values = { ...STOCK, ...sysctls };
  let asked = 0;
  return {
    platform: 'darwin',
    read(path) {
      throw new Error(`there is no ${path} on a Mac`);
    },
    run(command, ...args) {
      if (command === 'netstat') return listings[Math.min(asked++, listings.length - 1)] as string;
      if (command === '/bin/sh') return `${hard}\n`;
      assert.equal(command, 'sysctl');
      return args
        .slice(1)
        .map((name) => {
          if (values[name] === undefined) throw new Error(`unknown oid '${name}'`);
          return `${values[name]}\n`;
        })
        .join('');
    },
  };
}

const asked = (...flags: string[]) => resolveSettings([fromFlags(flags)]);

function refusal(act: () => void): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    assert.ok(!error.message.includes('\n'), 'one line');
    return error.message;
  }
  return '';
}

describe('native on macOS: limits', () => {
  it('nofile: the hard limit, or kern.maxfilesperproc under an unlimited one', () => {
    assert.equal(highestNofile(mac()), 10_240);
    assert.equal(highestNofile(mac({}, [''], '4096')), 4096);
    assert.equal(highestNofile(mac({ 'kern.maxfilesperproc': '61440' })), 61_440);
  });

  it('a nofile above it is refused by name, one at it is not', () => {
    const says = refusal(() => checkNofile(asked('nofile=10241'), mac()));
    for (const part of ['--set: nofile=10241', 'at most 10240', 'kern.maxfilesperproc'])
      assert.ok(says.includes(part), says);
    assert.equal(
      refusal(() => checkNofile(asked('nofile=10240'), mac())),
      '',
    );
    assert.ok(
      refusal(() => checkNofile(asked('robots_nofile=20000'), mac())).includes('robots_nofile=20000'),
    );
  });

  it('a soft limit above kern.maxfilesperproc is as good as that', () => {
    assert.ok(nofile(mac({ 'kern.maxfilesperproc': '10241' })) <= 10_241);
  });

  it('local ports are those of net.inet.ip.portrange, and users beyond them refused', () => {
    assert.deepEqual(localPorts(mac({ 'net.inet.ip.portrange.first': '32768' })), {
      first: 32_768,
      last: 65_535,
    });
    const wide = mac({ 'kern.maxfilesperproc': '245760' });
    const says = refusal(() => checkCapacity(asked('users=16385'), false, { host: wide }));
    for (const part of ['49152-65535', 'allowed: 1 to 16384', 'net.inet.ip.portrange'])
      assert.ok(says.includes(part), says);
    assert.equal(
      refusal(() => checkCapacity(asked('users=16384'), false, { host: wide })),
      '',
    );
  });
});

describe('native on macOS: the listen queue', () => {
  it('a somaxconn at or below the host’s is held by the backlog', () => {
    for (const somaxconn of [1, 16, 128]) {
      const settings = asked(`somaxconn=${somaxconn}`);
      assert.equal(
        refusal(() => checkQueue(settings, mac())),
        '',
      );
      assert.equal(heldBacklog(settings.values), somaxconn);
    }
    assert.equal(heldBacklog(asked('backlog=8').values), 8);
    assert.equal(heldBacklog(asked().values), 511);
  });

  it('it reaches the gateway, and nobody else', async () => {
    const seen: Record<string, string | undefined>[] = [];
    const settings = asked('somaxconn=16');
    await using stage: Stage = await nativeOn(mac()).open(settings, 'resetlab.1.1.1');
    for (const role of ['gateway', 'robots'] as const) {
      const part = await stage.start({
        role,
        module: 'test/fixtures/darwin/say-backlog.ts',
        env: { BACKLOG: '511' },
        onLine: (line) => seen.push(line as Record<string, string>),
      });
      await part.ended;
    }
    assert.deepEqual(seen, [{ backlog: '16' }, { backlog: '511' }]);
  });

  it('above it: the line that root would type, what it changes, and the way back', () => {
    const says = refusal(() => checkQueue(asked('somaxconn=4096'), mac()));
    for (const part of [
      '--set: somaxconn=4096',
      'allowed: 1 to 128',
      'sudo sysctl -w kern.ipc.somaxconn=4096',
      'until it starts again',
      'sudo sysctl -w kern.ipc.somaxconn=128',
    ])
      assert.ok(says.includes(part), says);
  });

  it('never tells to set one that a short cannot hold', () => {
    const says = refusal(() => checkQueue(asked('somaxconn=40000'), mac()));
    assert.ok(says.includes('kern.ipc.somaxconn=32767 '), says);
    const there = refusal(() => checkQueue(asked('somaxconn=65535'), mac({ 'kern.ipc.somaxconn': '50000' })));
    assert.ok(there.includes('allowed: 1 to 32767') && !there.includes('sudo'), there);
  });

  it('what the person did not ask for is no error: the kernel takes what it has', () => {
    assert.equal(
      refusal(() => checkQueue(resolveSettings([], fdExhaustion.scenario), mac())),
      '',
    );
  });

  it('a queue whose limit would be negative is refused by name', () => {
    const wrapped = mac({ 'kern.ipc.somaxconn': '32768' });
    const says = refusal(() => checkQueue(asked('backlog=40000', 'somaxconn=32768'), wrapped));
    for (const part of ['backlog=40000', 'kern.ipc.somaxconn=32768', '32767'])
      assert.ok(says.includes(part), says);
    assert.equal(
      refusal(() => checkQueue(asked('backlog=511'), wrapped)),
      '',
    );
  });
});

describe('native on macOS: other settings', () => {
  it('sysctls of Linux are refused, unless this Mac has that very value', () => {
    const says = (...flags: string[]) => refusal(() => checkSysctls(asked(...flags), mac()));
    assert.ok(says('tcp_syncookies=0').includes('macOS has no such setting'));
    assert.ok(says('tcp_fin_timeout=10').includes('is 60 here'));
    assert.equal(says('tcp_fin_timeout=60', 'ip_local_port_range=49152-65535'), '');
    assert.ok(says('ip_local_port_range=40000-40199').includes('net.inet.ip.portrange'));
  });

  it('the profile of a stock Mac, and the case of npm start, are valid on one', async () => {
    const port = fromFlags(['port=18070']);
    for (const settings of [
      resolveSettings([port, readProfile('macos').settings], fdExhaustion.scenario),
      resolveSettings([port], { ...fdExhaustion.scenario, ...fdExhaustion.onDarwin?.scenario }),
    ]) {
      checkCapacity(settings, false, { host: mac() });
      await nativeOn(mac()).check(settings);
    }
  });

  it('auto is native there, and parts have no prefix of Linux', async () => {
    assert.equal((await pickRuntime('auto', { ...mac(), platform: 'darwin' })).name, 'native');
    assert.deepEqual(deathSignal(mac()), []);
  });
});

describe('native on macOS: local ports between runs', () => {
  const HEAD = 'Active Internet connections (including servers)\nProto Recv-Q Send-Q  Local Address\n';
  const listing = (ports: number, state = 'TIME_WAIT') =>
    HEAD +
    Array.from(
      { length: ports },
      (_, i) => `tcp4       0      0  127.0.0.1.${49_152 + i}        127.0.0.1.8080         ${state}\n`,
    ).join('');
  const quiet = () => {
    const said: string[] = [];
    let paused = 0;
    return {
      said,
      paused: () => paused,
      say: (text: string) => void said.push(text),
      pause: async (ms: number) => {
        paused += ms;
      },
    };
  };

  it('are counted by the local address alone', () => {
    const text = `${listing(2)}tcp4 0 0 127.0.0.1.8080 127.0.0.1.50000 TIME_WAIT\ntcp46 0 0 *.9090 *.* LISTEN\nudp4 0 0 *.53 *.*\n`;
    assert.deepEqual([...parseLocalPorts(text)], [49_152, 49_153, 8080, 9090]);
  });

  it('enough: nobody waits', async () => {
    const waiting = quiet();
    await waitForPorts(4500, mac({}, [listing(11_884)]), waiting);
    assert.deepEqual([waiting.paused(), waiting.said], [0, []]);
  });

  it('too few: waits until they are free, and says so once', async () => {
    const waiting = quiet();
    await waitForPorts(4500, mac({}, [listing(11_885), listing(11_885), listing(3)]), waiting);
    assert.equal(waiting.paused(), 2000);
    assert.equal(waiting.said.length, 1);
    assert.match(waiting.said[0] as string, /4499 of 16384 are free, 4500 are needed/);
  });

  it('never: says how many there are and who can tell, after twice the msl', async () => {
    const waiting = quiet();
    const wait = waitForPorts(4500, mac({ 'net.inet.tcp.msl': '2000' }, [listing(16_000)]), waiting);
    await assert.rejects(wait, (error: Error) => {
      assert.ok(error instanceof CannotRunError);
      assert.match(error.message, /^local ports: 384 of 16384 .*4500 users.*netstat -an -p tcp/);
      return true;
    });
    assert.equal(waiting.paused(), 9000);
  });

  it('more users than ports are an experiment', async () => {
    const waiting = quiet();
    await waitForPorts(20_000, mac({}, [listing(16_384)]), waiting);
    assert.equal(waiting.paused(), 0);
  });
});

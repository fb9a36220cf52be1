import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DARWIN } from '../../../lab/laws/queue-model/darwin-counters.ts';
import { parseLaunchctlLimit, parseUlimit, parseVersion } from '../../../system/darwin/machine.ts';
import {
  INTERFACE_TCP_LINES,
  parseInterfaceTcp,
  parseTcpStatistics,
  type StatisticsLine,
  TCP_LINES,
} from '../../../system/darwin/netstat-statistics.ts';
import { parseInterfaces, parseListenQueue } from '../../../system/darwin/netstat-tables.ts';
import { parseDescriptors, parsePs } from '../../../system/darwin/process-listings.ts';
import { parseSysctls } from '../../../system/sysctls.ts';
import { fixture } from './fixtures.ts';

const figure = fc.nat(2 ** 31 - 1);
const port = fc.integer({ min: 1, max: 65_535 });

describe('darwin: fixtures', () => {
  it('netstat -i: the link rows, with every column by its name', () => {
    assert.deepEqual(parseInterfaces(fixture('netstat-I-lo0.txt')), {
      'darwin lo0 Ipkts': 1_193_427,
      'darwin lo0 Ierrs': 0,
      'darwin lo0 Opkts': 1_193_427,
      'darwin lo0 Oerrs': 0,
      'darwin lo0 Coll': 0,
    });
    const all = parseInterfaces(fixture('netstat-i.txt'));
    assert.equal(all?.['darwin en0 Ierrs'], 2);
    assert.equal(all?.['darwin gif0 Ipkts'], 0);
    const wide = parseInterfaces(fixture('netstat-i-b-d.txt'));
    assert.equal(wide?.['darwin en0 Drop'], 5);
    assert.equal(wide?.['darwin lo0 Ibytes'], 381_415_076);
    assert.equal(wide?.['darwin lo0 Opkts'], 1_193_427);
  });

  it('netstat -Lan: quiet, full of complete ones, evicting, and with a negative limit', () => {
    const of = (name: string, at = 8080) => parseListenQueue(fixture(`netstat-Lan-${name}.txt`), at);
    assert.deepEqual(of('quiet'), { qlen: 0, incqlen: 0, maxqlen: 128 });
    assert.deepEqual(of('quiet', 631), { qlen: 0, incqlen: 0, maxqlen: 128 });
    assert.deepEqual(of('full'), { qlen: 128, incqlen: 0, maxqlen: 128 });
    assert.deepEqual(of('evicting'), { qlen: 128, incqlen: 37, maxqlen: 128 });
    assert.deepEqual(of('negative'), { qlen: 0, incqlen: 0, maxqlen: -32_768 });
    assert.deepEqual(of('golang-54529', 8089), { qlen: 128, incqlen: 128, maxqlen: 128 });
    assert.equal(of('full', 80), undefined);
  });

  it('netstat -s -p tcp: as root its figures, else nothing, not zeros', () => {
    const root = parseTcpStatistics(fixture('netstat-s-tcp-root.txt'));
    assert.equal(root?.[DARWIN.listenDrop], 4799);
    assert.equal(root?.[DARWIN.badSyn], 1);
    assert.equal(root?.[DARWIN.closed], 58_871);
    assert.equal(root?.[DARWIN.drops], 1624);
    assert.equal(root?.[DARWIN.afterClose], 17);
    assert.equal(parseTcpStatistics(fixture('netstat-s-tcp-unprivileged.txt')), undefined);
  });

  it('netstat -I lo0 -s -p tcp', () => {
    const counters = parseInterfaceTcp(fixture('netstat-I-lo0-s-tcp.txt'));
    assert.equal(counters?.[DARWIN.listBadSyn], 3248);
    assert.equal(counters?.['darwin lo0 tcp incoming packets received after close'], 1);
  });

  it('the counters of the model are those that netstat shows', () => {
    const known = [
      ...TCP_LINES.flatMap(({ names }) => names),
      ...INTERFACE_TCP_LINES.flatMap(({ names }) => names.map((name) => `darwin lo0 tcp ${name}`)),
    ];
    for (const name of Object.values(DARWIN)) assert.ok(known.includes(name), name);
  });

  it('sysctl, launchctl, ulimit, lsof, sw_vers, ps', () => {
    const sysctls = parseSysctls(fixture('sysctl.txt'));
    assert.equal(sysctls['kern.ipc.somaxconn'], '128');
    assert.equal(sysctls['net.inet.tcp.syncookie'], undefined);
    assert.deepEqual(parseLaunchctlLimit(fixture('launchctl-limit-maxfiles.txt')), {
      soft: 256,
      hard: Infinity,
    });
    assert.equal(parseUlimit(fixture('ulimit-n.txt')), 256);
    assert.deepEqual(parseDescriptors(fixture('lsof-p.txt')), [0, 1, 2, 3, 4, 5, 12, 300]);
    assert.deepEqual(parseVersion(fixture('sw_vers.txt')), {
      product: 'macOS',
      version: '15.5',
      build: '24F74',
    });
    assert.deepEqual(parsePs(fixture('ps.txt')), {
      state: 'S',
      cpuMs: 62_350,
      rss: 48_240 * 1024,
      user: 501,
    });
  });
});

/** As printf and network_cmds' plural() write it. */
function print({ format }: StatisticsLine, values: readonly number[]): string {
  const left = [...values];
  let last = 0;
  return format.replace(/%(?:ll)?u|%s/g, (what) => {
    if (what === '%s') return last === 1 ? '' : 's';
    last = left.shift() ?? 0;
    return String(last);
  });
}

const statistics = (lines: readonly StatisticsLine[]) =>
  fc.tuple(
    ...lines.map((line) =>
      fc.array(figure, { minLength: line.names.length, maxLength: line.names.length }).map((values) => ({
        line,
        values,
      })),
    ),
  );

describe('darwin: what is printed in the same format comes back', () => {
  it('netstat -s -p tcp', () => {
    fc.assert(
      fc.property(statistics(TCP_LINES), fc.boolean(), (rows, withOthers) => {
        const others = withOthers ? '\t5 segments updated rtt (of 4 attempts)\n\tnonsense\n' : '';
        const text = `tcp:\n${rows.map(({ line, values }) => `\t${print(line, values)}\n`).join(others)}`;
        const expected = Object.fromEntries(
          rows.flatMap(({ line, values }) => line.names.map((name, index) => [name, values[index]])),
        );
        const any = Object.values(expected).some((value) => value !== 0);
        assert.deepEqual(parseTcpStatistics(text), any ? expected : undefined);
      }),
    );
  });

  it('netstat -I lo0 -s -p tcp', () => {
    fc.assert(
      fc.property(statistics(INTERFACE_TCP_LINES), (rows) => {
        const text = `tcp on lo0\n${rows.map(({ line, values }) => `\t${print(line, values)}\n`).join('')}`;
        const expected = rows.flatMap(({ line, values }) => [[`darwin lo0 tcp ${line.names[0]}`, values[0]]]);
        assert.deepEqual(parseInterfaceTcp(text), Object.fromEntries(expected));
      }),
    );
  });

  it('netstat -i, with any of its options, whatever the address', () => {
    const address = fc.constantFrom('', '127.0.0.1', 'aa:bb:cc:dd:ee:ff');
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            address,
            down: fc.boolean(),
            figures: fc.array(figure, { minLength: 8, maxLength: 8 }),
          }),
        ),
        fc.boolean(),
        fc.boolean(),
        (rows, bytes, drops) => {
          const columns = ['Ipkts', 'Ierrs', 'Ibytes', 'Opkts', 'Oerrs', 'Obytes', 'Coll', 'Drop'].filter(
            (name) => (bytes || !name.endsWith('bytes')) && (drops || name !== 'Drop'),
          );
          const row = (cells: readonly (string | number)[]) =>
            cells.map((cell) => String(cell).padStart(8)).join(' ');
          const text = [
            `Name       Mtu   Network       Address         ${row(columns)}`,
            ...rows.flatMap(({ address: link, down, figures }, id) => [
              `${`if${id}${down ? '*' : ''}`.padEnd(10)} 16384 <Link#${id + 1}>      ${link.padEnd(15)} ${row(figures.slice(0, columns.length))}`,
              `${`if${id}`.padEnd(10)} 16384 127           127.0.0.1       ${row(columns.map(() => '-'))}`,
            ]),
          ].join('\n');
          const expected = rows.flatMap(({ figures }, id) =>
            columns.map((column, index) => [`darwin if${id} ${column}`, figures[index]]),
          );
          assert.deepEqual(
            parseInterfaces(text),
            expected.length > 0 ? Object.fromEntries(expected) : undefined,
          );
        },
      ),
    );
  });

  it('netstat -Lan: the listener of the port, among others', () => {
    const short = fc.integer({ min: -32_768, max: 32_767 });
    const host = fc.constantFrom('*', '127.0.0.1', '::1', 'fe80::1%lo0');
    const row = fc.record({ qlen: fc.nat(32_767), incqlen: fc.nat(32_767), maxqlen: short, host });
    fc.assert(
      fc.property(row, port, fc.uniqueArray(port, { maxLength: 5 }), (queue, wanted, others) => {
        const { host: at, ...expected } = queue;
        const line = (q: typeof expected, where: string, local: number) =>
          `${`${q.qlen}/${q.incqlen}/${q.maxqlen}`.padEnd(14)} ${`${where}.${local}`.padEnd(39)}`;
        const rest = others
          .filter((other) => other !== wanted)
          .map((other) => line({ qlen: 1, incqlen: 1, maxqlen: 1 }, '*', other));
        const text = [
          'Current listen queue sizes (qlen/incqlen/maxqlen)',
          'Listen         Local Address         ',
          ...rest,
          line(expected, at, wanted),
        ].join('\n');
        assert.deepEqual(parseListenQueue(text, wanted), expected);
      }),
    );
  });

  it('sysctl, lsof, limits', () => {
    const name = fc.stringMatching(/^[a-z]{2,8}\.[a-z0-9_]{1,8}\.[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.dictionary(name, figure.map(String)), (values) => {
        const text = Object.entries(values).map(([key, value]) => `${key}: ${value}\n`);
        assert.deepEqual(parseSysctls(text.join('')), { ...values });
      }),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(99_999)),
        fc.constantFrom('u', 'r', 'w', '', 'uW'),
        (numbers, mode) => {
          const rows = numbers.map(
            (number) => `node 4 dev ${number}${mode} IPv4 0x1 0t0 TCP *:8080 (LISTEN)`,
          );
          const text = [
            'COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME',
            'node 4 dev cwd DIR 1,2 3 4 /',
            ...rows,
          ];
          assert.deepEqual(
            parseDescriptors(text.join('\n')),
            numbers.toSorted((a, b) => a - b),
          );
        },
      ),
    );
    fc.assert(
      fc.property(figure, (soft) => {
        assert.equal(parseUlimit(`${soft}\n`), soft);
        assert.deepEqual(parseLaunchctlLimit(`\tmaxfiles    ${soft}            unlimited      \n`), {
          soft,
          hard: Infinity,
        });
      }),
    );
  });
});

describe('darwin: garbage', () => {
  const pieces = [
    'Name', 'Ipkts', '<Link#1>', 'lo0', '128/0/128', '127.0.0.1.8080', 'tcp on lo0', 'COMMAND', 'FD', 'maxfiles',
    'unlimited', 'kern.ipc.somaxconn:', '12u', '-', '\t', ' ', '\n', ':', '9'.repeat(400), '\0', '__proto__: 1',
    ' listen queue overflows', 'ProductName:', 'constructor: x',
  ]; // biome-ignore format: in groups
  const garbage = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join('')),
    fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(' ')),
  );

  it('never throws, and gives figures or nothing', () => {
    fc.assert(
      fc.property(garbage, (text) => {
        const counters = [parseInterfaces(text), parseTcpStatistics(text), parseInterfaceTcp(text)];
        const queue = parseListenQueue(text, 8080) ?? {};
        const figures = [...counters, queue].flatMap((found) => Object.values(found ?? {}));
        for (const value of [...figures, ...(parseDescriptors(text) ?? [])])
          assert.ok(Number.isSafeInteger(value));
        const limits = [parseUlimit(text), ...Object.values(parseLaunchctlLimit(text) ?? {})];
        for (const value of limits) assert.ok(value === undefined || value >= 0);
        for (const value of Object.values(parseSysctls(text))) assert.equal(typeof value, 'string');
        for (const value of Object.values(parseVersion(text))) assert.equal(typeof value, 'string');
        parsePs(text);
      }),
      { numRuns: 500 },
    );
  });

  it('the output of other systems is not taken for macOS', () => {
    const linux = 'Kernel Interface table\nIface MTU RX-OK RX-ERR\nlo 65536 10 0\n';
    assert.equal(parseInterfaces(linux), undefined);
    assert.equal(parseTcpStatistics('Tcp:\n    12 active connection openings\n'), undefined);
    assert.equal(parseListenQueue('tcp 0 0 127.0.0.1:8080 0.0.0.0:* LISTEN\n', 8080), undefined);
    assert.equal(parseDescriptors('lsof: no process\n'), undefined);
    assert.equal(parsePs(''), undefined);
  });
});

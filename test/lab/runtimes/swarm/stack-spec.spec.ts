import assert from 'node:assert/strict';
import type Docker from 'dockerode';
import { UsageError } from '../../../../common/errors.ts';
import { newLabel } from '../../../../lab/runtimes/label.ts';
import type { ServiceRole } from '../../../../lab/runtimes/swarm/service-role.ts';
import { sourcesFor } from '../../../../lab/runtimes/swarm/sources.ts';
import { labelsOf, serviceSpec, stackOf } from '../../../../lab/runtimes/swarm/stack-spec.ts';
import { placeIn } from '../../../../lab/runtimes/swarm/subnet.ts';
import { testEnvironment } from '../../../../lab/runtimes/swarm/test-environment.ts';
import { fromFlags, resolveSettings } from '../../../../lab/settings/setting-sources.ts';

const LABEL = newLabel();
const set = (...items: string[]) => resolveSettings([fromFlags(items)]);

function spec(role: ServiceRole, items: string[] = [], own = false) {
  const all = serviceSpec(role, {
    label: LABEL,
    settings: set(...items),
    sources: 3,
    imageId: 'sha256:abc',
    arena: 'net-of-users',
    control: 'net-of-orders',
    subnet: '10.0.1.0/24',
    channel: '10.0.2.5:7000',
    token: 'secret',
    only: { gateway: own, robots: false },
    env: { MORE: 'of a test' },
  });
  const { Resources, Placement, ...template } = all.TaskTemplate as Docker.ContainerTaskSpec;
  const container = template.ContainerSpec as Docker.ContainerSpec;
  return { all, template, container, limits: Resources?.Limits, constraints: Placement?.Constraints };
}

describe('runtime swarm: the services of a run', () => {
  it('have a name that a swarm takes, and labels by which docker stack and clean know them', () => {
    const { Name = '', Labels } = spec('gateway').all;
    assert.match(Name, /^[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/);
    assert.ok(Name.length <= 63, Name);
    assert.deepEqual(Labels, {
      'com.docker.stack.namespace': Name.replace(/_gateway$/, ''),
      'resetlab.run': LABEL,
    });
    assert.notEqual(stackOf(newLabel()), stackOf(newLabel()));
    assert.deepEqual(Object.keys(labelsOf(LABEL)).length, 2);
  });

  it('are as many gateways as the settings say and as many robots as sources, never started again, without a virtual address', () => {
    for (const [role, replicas] of [
      ['gateway', 2],
      ['robots', 3],
    ] as const) {
      const { all, template } = spec(role, ['gateways=2']);
      assert.deepEqual(all.Mode, { Replicated: { Replicas: replicas } });
      assert.deepEqual(all.EndpointSpec, { Mode: 'dnsrr' });
      assert.deepEqual(template.RestartPolicy, { Condition: 'none' });
      assert.deepEqual(template.Networks, [{ Target: 'net-of-users' }, { Target: 'net-of-orders' }]);
    }
  });

  it('run with nothing more than they need', () => {
    const { container } = spec('gateway');
    const { CapabilityDrop, CapabilityAdd, ReadOnly, User, Command, Init } = container;
    assert.deepEqual(
      { CapabilityDrop, CapabilityAdd, ReadOnly, User, Command, Init },
      {
        CapabilityDrop: ['ALL'],
        CapabilityAdd: undefined,
        ReadOnly: true,
        User: undefined,
        Command: undefined,
        Init: false,
      },
    );
  });

  it('are told how to join the channel, and which of them they are', () => {
    assert.deepEqual(spec('robots').container.Env, [
      'MORE=of a test',
      'CHANNEL=10.0.2.5:7000',
      'CHANNEL_TOKEN=secret',
      'MEMBER=robots',
      'MEMBER_NUMBER={{.Task.Slot}}',
      'MEMBER_NODE={{.Node.Hostname}}',
    ]);
  });

  it('have the sysctls of their side, and room for descriptors beyond the limit of the part', () => {
    const items = ['somaxconn=16', 'ip_local_port_range=40000-40999', 'nofile=64', 'robots_nofile=20000'];
    const [gateway, robots] = [spec('gateway', items).container, spec('robots', items).container];
    assert.equal(gateway.Sysctls?.['net.core.somaxconn'], '16');
    assert.equal(gateway.Sysctls?.['net.ipv4.ip_local_port_range'], undefined);
    assert.equal(robots.Sysctls?.['net.core.somaxconn'], undefined);
    assert.equal(robots.Sysctls?.['net.ipv4.ip_local_port_range'], '40000 40999');
    assert.deepEqual(gateway.Ulimits, [{ Name: 'nofile', Soft: 8192, Hard: 8192 }]);
    assert.deepEqual(robots.Ulimits, [{ Name: 'nofile', Soft: 20000, Hard: 20000 }]);
    assert.deepEqual(spec('robots').container.Ulimits, []);
  });

  it('hold the gateway alone to a quota and to limits of memory and processes', () => {
    const items = ['cpus=0.5', 'memory_mb=96', 'pids_max=120'];
    assert.deepEqual(spec('gateway', items).limits, {
      NanoCPUs: 500_000_000,
      MemoryBytes: 96 * 2 ** 20,
      Pids: 120,
    });
    assert.deepEqual(spec('robots', items).limits, {});
    assert.deepEqual(spec('gateway').limits, {});
  });

  it('delay the link as root before the member runs as the ordinary user', () => {
    const { container } = spec('gateway', ['link_delay_ms=50']);
    assert.equal(container.User, 'root');
    assert.deepEqual(container.CapabilityAdd, ['NET_ADMIN', 'SETUID', 'SETGID']);
    assert.match(container.Command?.[2] ?? '', /delay-main\.\w+ && exec \S*setpriv --reuid=1000 /);
    assert.deepEqual(container.Env?.slice(-2), ['ARENA=10.0.1.0/24', 'LINK_DELAY_MS=50']);
    assert.equal(spec('robots', ['link_delay_ms=50']).container.User, undefined);
  });

  it('go only to nodes that somebody keeps for them', () => {
    assert.deepEqual(spec('gateway', [], true).constraints, ['node.labels.resetlab==gateway']);
    assert.deepEqual(spec('gateway').constraints, []);
  });
});

describe('runtime swarm: sources', () => {
  it('are one for each node at least', () => {
    assert.equal(sourcesFor(set('users=300'), 3), 3);
    assert.equal(sourcesFor(set('users=2'), 3), 2);
    assert.equal(sourcesFor(set('users=300'), 0), 1);
    assert.equal(sourcesFor(set('users=60000'), 2), 5);
  });

  it('are as many as were asked for, and one where a limit of the robots is to be met', () => {
    assert.equal(sourcesFor(set('users=300', 'sources=1'), 3), 1);
    assert.equal(sourcesFor(set('users=300', 'robots_nofile=128'), 3), 1);
    assert.equal(sourcesFor(set('users=300', 'ip_local_port_range=40000-40099'), 3), 1);
  });
});

describe('runtime swarm: addresses', () => {
  it('of several networks the one of the users is found', () => {
    const addresses = { lo: '127.0.0.1', eth0: '10.0.2.9', eth1: '10.0.1.200' };
    assert.deepEqual(placeIn('10.0.1.0/24', addresses), { device: 'eth1', address: '10.0.1.200' });
    assert.equal(placeIn('10.0.3.0/24', addresses), undefined);
  });
});

describe('RESETLAB_SWARM_ENV', () => {
  it('is a JSON object', () => {
    assert.deepEqual(testEnvironment({}), {});
    assert.deepEqual(testEnvironment({ RESETLAB_SWARM_ENV: '{"A":"b"}' }), { A: 'b' });
    assert.throws(() => testEnvironment({ RESETLAB_SWARM_ENV: 'A=b' }), UsageError);
  });
});

import { globSync } from 'node:fs';
import type { Program } from '../program.ts';
import { cap, handshake, idle, ofAny, withoutRobots, workerKilled } from '../situations.ts';
import { POSTGRES } from '../speeches.ts';

/** Debian keeps its programs out of the PATH. */
const BIN = '/usr/lib/postgresql/*/bin';

export const postgres: Program = {
  name: 'postgres',
  language: 'C',
  source: { debian: { packages: ['postgresql'], command: `${BIN}/postgres` } },
  kind: 'tcp',
  speech: POSTGRES,
  recipe({ port, folder, set }) {
    const bin = globSync(BIN).sort().at(-1) ?? '';
    const fixed = {
      listen_addresses: '*',
      unix_socket_directories: folder,
      dynamic_shared_memory_type: 'mmap',
      shared_buffers: '2MB',
      fsync: 'off',
      autovacuum: 'off',
      ...set,
    };
    const flags = Object.entries(fixed).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const hba = `echo 'host all all all trust' >> ${folder}/data/pg_hba.conf`;
    const init = `${bin}/initdb -D ${folder}/data -U stranger -A trust --no-sync --no-locale -E UTF8`;
    return {
      prepare: [['/bin/sh', '-c', `${init} > /dev/null && ${hba}`]],
      argv: [`${bin}/postgres`, '-D', `${folder}/data`, '-p', String(port), ...flags],
    };
  },
  refusesRoot: true,
  situations: [
    ...ofAny(),
    // It counts whoever has said who they are: robots say nothing.
    withoutRobots(
      cap(
        17,
        { max_connections: 20, superuser_reserved_connections: 3 },
        { log: /too many clients|remaining connection slots/ },
      ),
    ),
    idle({ idle_session_timeout: 1500 }),
    handshake({ authentication_timeout: '1s' }),
    workerKilled(),
  ],
};

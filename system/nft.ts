import { execFile } from 'node:child_process';
import { rulesAgainst, type TurningRule } from './nft-rules.ts';

/** Of a machine with very many rules. */
const MOST_BYTES = 64 << 20;
const PATIENCE_MS = 5000;

/**
 * The rules of this network namespace that drop or reject packets of this TCP port, with their counters; undefined where nft is not
 * installed, or this user may not ask (CAP_NET_ADMIN). Those of iptables-nft are among them, those of iptables-legacy are not.
 */
export function readTurningRules(port: number): Promise<TurningRule[] | undefined> {
  return new Promise((resolve) => {
    execFile(
      'nft',
      ['-j', 'list', 'ruleset'],
      { maxBuffer: MOST_BYTES, timeout: PATIENCE_MS, env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } },
      (error, stdout) => resolve(error ? undefined : rulesAgainst(stdout, port)),
    );
  });
}

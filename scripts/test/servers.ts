import { existsSync } from 'node:fs';
import { candidate, hasApt, hasCommand, installPackages } from '../../system/apt.ts';
import { noServices } from '../../system/no-services.ts';
import { once } from './beside.ts';

/** Other people's servers, and what they take: the command, or another file by its path, and the packages that have it, the smallest first. */
export const SERVERS: Record<string, string[]> = {
  nginx: ['nginx-light', 'nginx'],
  'redis-server': ['redis-server'],
  openssl: ['openssl'],
  python3: ['python3-minimal', 'python3'],
  '/usr/lib/nginx/modules/ngx_stream_module.so': ['libnginx-mod-stream'],
  gunicorn: ['gunicorn'],
  nft: ['nftables'],
  curl: ['curl'],
};

/**
 * What the specs that need other people's servers get in their environment: why some are missing, when some are. Installs
 * them from Debian's packages as root, and starts nothing; begun early, that goes on beside the steps before.
 */
export const serversEnvironment = once(async (): Promise<NodeJS.ProcessEnv> => {
  const missing = Object.keys(SERVERS).filter((one) => !isThere(one));
  if (missing.length === 0) return {};
  const asRoot = process.platform === 'linux' && process.getuid?.() === 0 && hasApt();
  const packages = await Promise.all(missing.map((one) => packageOf(SERVERS[one] as string[])));
  const get = `apt-get install ${packages.join(' ')}`;
  const failed = asRoot ? await installQuietly(packages) : undefined;
  const still = missing.filter((one) => !isThere(one));
  if (still.length === 0) return {};
  return { RESETLAB_SERVERS_MISSING: `no ${still.join(', ')}: ${failed ?? get}` };
});

function isThere(one: string): boolean {
  return one.startsWith('/') ? existsSync(one) : hasCommand(one);
}

async function packageOf(names: string[]): Promise<string> {
  for (const name of names) if (await candidate(name)) return name;
  return names[0] as string;
}

async function installQuietly(packages: string[]): Promise<string | undefined> {
  using _ = await noServices();
  return await installPackages(packages, (text) => process.stderr.write(`servers: ${text}\n`));
}

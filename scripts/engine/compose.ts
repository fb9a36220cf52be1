import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine, progress, run } from '../../common/run-command.ts';
import { aptGet, candidate, hasApt, installPackages } from '../../system/apt.ts';
import { pluginVersion } from './docker.ts';

/** The Debian release whose compose and buildx run on older ones too: they need libc >= 2.34 and nothing else. */
const RELEASE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const PACKAGES = ['docker-compose', 'docker-buildx'];

/** Makes `docker compose` (version 2) work. Gives the reason when it cannot. */
export async function ensureCompose(): Promise<string | undefined> {
  if (await pluginVersion('compose')) return undefined;
  const how = 'install the compose plugin of docker (package docker-compose-plugin or docker-compose-v2)';
  if (!hasApt()) return `\`docker compose\` is missing: ${how}`;
  const packaged = process.getuid?.() === 0 ? await packageWithV2() : undefined;
  const failed = packaged ? await installPackages([packaged]) : await takeFromDebian();
  if (await pluginVersion('compose')) return undefined;
  return `\`docker compose\` is missing: ${how}${failed ? ` (${failed})` : ''}`;
}

async function packageWithV2(): Promise<string | undefined> {
  if (await candidate('docker-compose-v2')) return 'docker-compose-v2';
  const version = (await candidate('docker-compose'))?.replace(/^\d+:/, '');
  return version && Number.parseInt(version, 10) >= 2 ? 'docker-compose' : undefined;
}

/** The Debian mirror that this machine uses already, from apt's own sources. */
async function debianMirror(): Promise<string | undefined> {
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)';
  const ran = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  return /^Debian\|Debian\|(\S+)$/m.exec(ran.stdout)?.[1];
}

/** A folder in which the docker client looks for plugins and which this user may write. */
function pluginFolder(): string {
  if (process.getuid?.() === 0) return '/usr/local/lib/docker/cli-plugins';
  return join(process.env.DOCKER_CONFIG || join(homedir(), '.docker'), 'cli-plugins');
}

/**
 * Takes the plugins out of a newer Debian's packages, through a view of that release which leaves the system's own
 * sources, lists and packages as they are. The packages are verified by apt, by Debian's keys.
 */
async function takeFromDebian(): Promise<string | undefined> {
  const mirror = await debianMirror();
  if (!mirror) return 'no Debian mirror among the sources of apt';
  progress(`taking ${PACKAGES.join(' and ')} from Debian ${RELEASE}`);
  const folder = mkdtempSync(join(tmpdir(), 'resetlab-apt-'));
  try {
    return await download(mirror, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function download(mirror: string, folder: string): Promise<string | undefined> {
  for (const name of ['lists/partial', 'cache/archives/partial', 'state'])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${mirror} ${RELEASE} main\n`);
  const view = [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    'Dir::Etc::sourceparts=-',
    'Dir::Etc::preferencesparts=-',
    `Dir::State=${folder}/state`,
    `Dir::State::Lists=${folder}/lists`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${folder}/cache`,
    `APT::Default-Release=${RELEASE}`,
    // The folder is only its owner's, so apt cannot give its downloads to its own user; signatures still count.
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
  for (const step of [['update'], ['download', ...PACKAGES]]) {
    const ran = await aptGet([...view, ...step], folder);
    if (ran.code !== 0) return `apt-get ${step.join(' ')} (${RELEASE}): ${lastLine(ran)}`;
  }
  for (const deb of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    const ran = await run('dpkg', ['-x', join(folder, deb), join(folder, 'x')]);
    if (ran.code !== 0) return `dpkg -x ${deb}: ${lastLine(ran)}`;
  }
  const from = join(folder, 'x/usr/libexec/docker/cli-plugins');
  mkdirSync(pluginFolder(), { recursive: true });
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(pluginFolder(), name));
  return undefined;
}

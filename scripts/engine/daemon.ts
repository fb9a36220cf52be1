import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { CannotRunError } from '../../common/errors.ts';
import { lastLine, progress, run } from '../../common/run-command.ts';
import { hasApt, hasCommand, installPackages } from '../../system/apt.ts';
import { engineAnswersWithin } from './docker.ts';
import { forget, ourEngine, remember, STATE_FOLDER } from './ours.ts';
import { gone } from './processes.ts';

const LOG = `${STATE_FOLDER}/dockerd.log`;
const systemd = () => existsSync('/run/systemd/system');

/** Installs the engine where it is missing. Gives the reason when that failed. */
export async function installDaemon(): Promise<string | undefined> {
  const missing = [
    hasCommand('dockerd') && hasCommand('docker') ? '' : 'docker.io',
    hasCommand('iptables') ? '' : 'iptables',
  ].filter(Boolean);
  if (missing.length === 0) return undefined;
  if (!hasApt()) return `${missing.join(' and ')} missing, and there is no apt-get here to install with`;
  return installPackages(missing);
}

/** Starts dockerd and waits until it answers. Gives the reason when it did not. */
export async function startDaemon(): Promise<string | undefined> {
  return systemd() ? startBySystemd() : startBySpawn();
}

async function startBySystemd(): Promise<string | undefined> {
  progress('systemctl start docker');
  const ran = await run('systemctl', ['start', 'docker'], {
    timeoutMs: 90_000,
  });
  if (ran.code !== 0) return `systemctl start docker: ${lastLine(ran)}`;
  const shown = await run('systemctl', ['show', '-P', 'MainPID', 'docker']);
  remember(Number(shown.stdout), 'systemd');
  return (await engineAnswersWithin(30_000)) ? undefined : 'systemctl started docker, but it does not answer';
}

async function startBySpawn(): Promise<string | undefined> {
  mkdirSync(STATE_FOLDER, { recursive: true });
  const log = openSync(LOG, 'w');
  // A session of its own, so that a Ctrl-C meant for the caller does not reach it.
  const child = spawn('dockerd', [], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  let ended = false;
  const end = () => {
    ended = true;
  };
  child.once('error', end).once('exit', end);
  child.unref();
  if (child.pid) remember(child.pid, 'spawn');
  progress(`dockerd started (pid ${child.pid}, log ${LOG})`);
  if (await engineAnswersWithin(30_000, () => ended)) return undefined;
  if (!ended) await stopDaemon();
  else forget();
  return `dockerd does not answer: ${lastLine({ code: 1, stdout: readFileSync(LOG, 'utf8'), stderr: '' })}`;
}

/**
 * Stops the dockerd that we started, and no other. Gives whether there was one; throws when it does not end.
 * Containers end with it, as dockerd does on SIGTERM.
 */
export async function stopDaemon(): Promise<boolean> {
  const ours = ourEngine();
  if (!ours) return false;
  progress(`stopping dockerd (pid ${ours.pid})`);
  // Stopping the service alone would leave its socket, and the next client would start it again.
  if (ours.by === 'systemd') await run('systemctl', ['stop', 'docker.socket', 'docker.service']);
  else process.kill(ours.pid, 'SIGTERM');
  if (!(await gone(ours.pid, ours.started, 30_000)))
    throw new CannotRunError(`dockerd (pid ${ours.pid}) did not end within 30 s of SIGTERM: see ${LOG}`);
  forget();
  return true;
}

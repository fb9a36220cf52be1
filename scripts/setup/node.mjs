/**
 * Which Node the scripts need, and what to say where there is none. Pure: it looks at nothing of this machine.
 * common/oldest-node.ts reads `engines` for the lab itself, which imports nothing from here.
 */

/** The `major.minor` of `engines.node`, which has the one form `>=24.3`; without it any is enough. Throws Error for another form. */
export function oldestOf(engines) {
  if (engines === undefined) return '0.0';
  const [, oldest] = /^>=(\d+\.\d+)$/.exec(engines) ?? [];
  if (oldest === undefined) throw new Error(`engines.node of package.json is "${engines}"; allowed: >=24.3`);
  return oldest;
}

/** True when `version` (as process.version, `v24.21.0`) is `oldest` (`24.3`) or newer, of any later major too. */
export function isEnough(version, oldest) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  const [needMajor, needMinor] = oldest.split('.').map(Number);
  return major > needMajor || (major === needMajor && minor >= needMinor);
}

/** The package that brings a Node for a machine (as `process` tells it). For which there is one, package.json says. */
export function packageFor({ platform, arch }) {
  return `node-${platform}-${arch}`;
}

/** One line: which Node is missing, which one scripts get on that machine, and how to get one; `why` not the lab's own. */
export function missing({ platform }, version, oldest, why = '') {
  const from =
    platform === 'darwin'
      ? 'from https://nodejs.org or with `brew install node`'
      : 'from your distribution or https://nodejs.org';
  const gets = `scripts get ${version} here${why && `, ${why}`}`;
  return `Node ${oldest} or newer is missing: ${gets}; install it ${from}, and try again`;
}

/** Why the lab's own Node is not there, on a machine that it has none for. */
export function bringsNone({ platform, arch }) {
  return `and the lab brings none for ${platform} on ${arch}`;
}

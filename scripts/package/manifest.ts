/** Of package.json, what the published one is made of. */
interface Ours {
  name: string;
  version: string;
  description: string;
  license: string;
  type: string;
  repository?: unknown;
  homepage?: unknown;
  bugs?: unknown;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: object;
}

/** The oldest Node that runs what is published: JavaScript needs less than sources whose types are stripped. */
export const OLDEST = '>=22.18';

/** The package.json of what is published. */
export function manifestOf(ours: Ours): object {
  const { name, version, description, license, type, repository, homepage, bugs } = ours;
  return {
    name,
    version,
    description,
    license,
    type,
    repository,
    homepage,
    bugs,
    engines: { node: OLDEST },
    bin: { resetlab: 'lab/resetlab.js' },
    exports: {
      '.': { types: './library/index.d.ts', default: './library/index.js' },
      './schemas/*': './schemas/*',
      './package.json': './package.json',
    },
    dependencies: ours.dependencies,
    // The command does without.
    peerDependencies: ours.peerDependencies,
    peerDependenciesMeta: ours.peerDependenciesMeta,
    // Not as optional dependencies: a Node of ours would come before that of the project it is installed in. Here
    // base-image.sh reads its version, where the base image has to be made on the machine.
    resetlab: { node: ours.optionalDependencies },
  };
}

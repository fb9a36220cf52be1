/**
 * Loaded by mocha before the specs that need a Docker engine when there is none: every test is skipped, with its hooks,
 * so that no spec has to ask. The reporter says why, from RESETLAB_DOCKER_MISSING.
 */
export const mochaHooks = {
  beforeAll(this: Mocha.Context): void {
    this.skip();
  },
};

/** Whether the long suites are run whole (`npm test -- --whole`); else each in its quick form, which `.ci/run` has. */
export const WHOLE = process.env.RESETLAB_WHOLE === '1';

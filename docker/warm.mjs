/**
 * Part of the image's build: fills the compile cache (NODE_COMPILE_CACHE) with what the containers load. Their root is
 * read-only, so each of them would strip the types of all its files again. A cache is good for the user who filled it.
 */
const reader = (name) => `lab/evidence/linux/${name}.ts`;
for (const file of [
  'gateway/start.ts',
  'robots/start.ts',
  'lab/program.ts',
  ...['boot', 'cgroup', 'connections', 'counters', 'locate', 'process', 'socket-stats', 'sysctls'].map(
    reader,
  ),
])
  await import(new URL(`../${file}`, import.meta.url).href);
process.exit(0);

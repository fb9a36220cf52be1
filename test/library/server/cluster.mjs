// The same server in three processes: the first has the listener and hands each connection to one of two workers, which have
// fewer descriptors than it has.
import cluster from 'node:cluster';

if (cluster.isPrimary) {
  process.execPath = '/worker.sh';
  for (let workers = 0; workers < 2; workers += 1) cluster.fork();
} else await import('./server.mjs');

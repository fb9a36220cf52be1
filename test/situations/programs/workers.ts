import cluster from 'node:cluster';
import { createServer } from 'node:http';

/** Two workers on PORT, and another for each that ends. The kernel chooses who gets a connection. */
cluster.schedulingPolicy = cluster.SCHED_NONE;
if (cluster.isPrimary) {
  for (let index = 0; index < 2; index += 1) cluster.fork();
  cluster.on('exit', () => cluster.fork());
} else {
  createServer((_request, response) => response.end('ok')).listen(Number(process.env.PORT), '0.0.0.0');
}

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { EVENTS_OF_DROPS, eventsOfLives } from '../../../lab/evidence/linux/trace/wanted-events.ts';
import { TraceInstance } from '../../../system/tracefs/instance.ts';

/** Has 1000 connections refused under a trace with the smallest buffers, and writes how many events it has and has not. */
const [, , instances = '', name = ''] = process.argv;

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as { port: number };
server.close();
await once(server, 'close');

using instance = new TraceInstance(dirname(instances), name, [...eventsOfLives(port), ...EVENTS_OF_DROPS], 4);
for (let tries = 0; tries < 1000; tries += 1) {
  const refused = connect(port, '127.0.0.1');
  await once(refused, 'error').catch(() => {});
}
instance.stop();
const lost = instance.lost();
instance.read();
let read = 0;
instance.take(Number.POSITIVE_INFINITY, () => {
  read += 1;
});
process.stdout.write(JSON.stringify({ read, lost }));

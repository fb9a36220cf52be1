/** A listener that never accepts, for a few seconds: says its port, then stands still, and ends by itself. Arguments: backlog, ms. */
import { writeSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';

const [backlog, forMs] = process.argv.slice(2).map(Number);
const server = createServer();
// Without a backlog: what Node asks for by itself, on the address that it takes by itself.
const where = backlog === undefined || backlog < 0 ? { port: 0 } : { port: 0, host: '127.0.0.1', backlog };
server.listen(where, () => {
  const { port, address } = server.address() as AddressInfo;
  writeSync(1, `${JSON.stringify({ port, address })}\n`);
  // The event loop stands still, so accept(2) is never called.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
  process.exit(0);
});

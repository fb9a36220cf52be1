import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Connects to PORT at HOST every 50 ms for FOR_MS, says nothing, and leaves: HOW `close`, or `reset`; that nobody listens does not trouble it. */
const { HOST, PORT, FOR_MS, HOW } = process.env;
for (const until = Date.now() + Number(FOR_MS); Date.now() < until; await pause(50)) {
  const socket = connect(Number(PORT), HOST);
  socket.on('error', () => {});
  socket.on('connect', () => (HOW === 'reset' ? socket.resetAndDestroy() : socket.destroy()));
  await new Promise((resolve) => socket.on('close', resolve));
}

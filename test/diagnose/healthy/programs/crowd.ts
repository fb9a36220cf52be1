import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** USERS come to PORT at HOST at once, say nothing, and stay for FOR_MS. */
const { HOST, PORT, USERS, FOR_MS } = process.env;
const sockets = Array.from({ length: Number(USERS) }, () =>
  connect(Number(PORT), HOST).on('error', () => {}),
);
await pause(Number(FOR_MS));
for (const socket of sockets) socket.destroy();

import { connect, type Socket } from 'node:net';

/**
 * Users who come to PORT over RAMP_MS and say SAYS now and then. HOW: `fall silent`, each after a time of its own; `go on`; `say nothing`;
 * `ask again`, once more GAP_MS after the answer, whatever they have heard meanwhile. Ends when all have been cut, or after FOR_MS.
 */
const { PORT, HOW, USERS, RAMP_MS, FOR_MS, GAP_MS = '0', SAYS = 'x\n' } = process.env;
const users = Number(USERS);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Between 0 and 1, and always the same. */
const any = (user: number) => (user * 0.618_034) % 1;

async function talk(socket: Socket, user: number): Promise<void> {
  if (HOW === 'say nothing') return;
  const until = Date.now() + (HOW === 'fall silent' ? 1800 * any(user) : Number(FOR_MS));
  do {
    socket.write(SAYS);
    await pause(HOW === 'go on' ? 80 + 400 * any(user + Date.now()) : 250);
  } while (Date.now() < until && !socket.destroyed);
}

async function askAgain(socket: Socket, user: number): Promise<void> {
  for (let asked = 0; asked < 1 + (user % 3); asked += 1) {
    socket.write(SAYS);
    await pause(300);
  }
  await pause(Number(GAP_MS) - 300);
  socket.write(SAYS);
}

const all = Array.from({ length: users }, async (_, user) => {
  await pause((Number(RAMP_MS) * user) / users);
  // Half open: what comes after the server's end is sent all the same.
  const socket = connect({ port: Number(PORT), host: '127.0.0.1', allowHalfOpen: HOW === 'ask again' });
  const over = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => {}).on('data', () => {});
  socket.on('connect', () => (HOW === 'ask again' ? askAgain(socket, user) : talk(socket, user)));
  await Promise.race([over, pause(Number(FOR_MS))]);
  socket.destroy();
});
await Promise.all(all);

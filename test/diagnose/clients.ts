import { connect, type Socket } from 'node:net';

/** Clients of nobody's making: USERS connect to HOST and PORT over RAMP_MS, send SAYS, and stay for STAY_MS. Ends when they have. */
const { HOST, PORT, USERS, SAYS = '', STAY_MS, RAMP_MS } = process.env;
const sockets: Socket[] = [];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (let user = 0; user < Number(USERS); user += 1) {
  const socket = connect(Number(PORT), HOST);
  socket.on('error', () => {}).on('data', () => {});
  socket.on('connect', () => SAYS && socket.write(SAYS.replaceAll('\\n', '\r\n')));
  sockets.push(socket);
  if (Number(RAMP_MS) > 0) await pause(Number(RAMP_MS) / Number(USERS));
}
await pause(Number(STAY_MS));
for (const socket of sockets) socket.destroy();

import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * USERS of PORT at HOST, one each GAP_MS: each sends SAYS (with \r and \n written out), and stays until HOLD_MS after the last has come, however
 * long a busy machine takes. Prints how many ended how, and the first word of what they were told: `{ "held": 3, "told: HTTP/1.1 200": 3 }`.
 */
const { HOST, PORT, SAYS = '' } = process.env;
const [users, gapMs, holdMs] = ['USERS', 'GAP_MS', 'HOLD_MS'].map((name) => Number(process.env[name])) as [
  number,
  number,
  number,
];
const says = SAYS.replaceAll('\\r', '\r').replaceAll('\\n', '\n');
const told: Record<string, number> = {};
const count = (what: string) => {
  told[what] = (told[what] ?? 0) + 1;
};

const over = Promise.withResolvers<void>();

async function user(): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const socket = connect(Number(PORT), HOST);
  let stage: 'connect' | 'silent' | 'held' = 'connect';
  void over.promise.then(() => end(stage === 'connect' ? 'connect timed out' : stage));
  socket.on('connect', () => {
    stage = 'silent';
    if (says) socket.write(says);
  });
  socket.on('data', (bytes) => {
    if (stage === 'silent') count(`told: ${bytes.toString('latin1', 0, 12).trim()}`);
    stage = 'held';
  });
  socket.on('end', () => end(stage === 'held' ? 'FIN after a word' : 'FIN without a word'));
  socket.on('error', ({ code }: NodeJS.ErrnoException) =>
    end(
      code === 'ECONNRESET' && stage !== 'connect'
        ? `RST ${stage === 'held' ? 'after' : 'without'} a word`
        : `${stage}: ${code}`,
    ),
  );
  count(await ended);
  socket.destroy();
}

const all: Promise<void>[] = [];
for (let index = 0; index < users; index += 1) {
  all.push(user());
  if (gapMs > 0) await pause(gapMs);
}
setTimeout(() => over.resolve(), holdMs);
await Promise.all(all);
console.log(JSON.stringify(told));

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

const RELAY = [process.execPath, join(import.meta.dirname, '../upstream/relay.ts')];

healthy('a proxy whose first upstream refuses, and whose second does not', {
  async stage(field) {
    await field.serve('web.ts', 9001);
    return field.serve(RELAY, PORT, { UPSTREAMS: '9009,9001' });
  },
  async load(field) {
    assertServed(await field.users(PORT, { POOL: 5, SHORT_MS: 100 }), 20);
  },
});

healthy('a proxy that has no users while its upstream is away, and is asked for it by nobody', {
  async stage(field) {
    await field.serve('web.ts', 9001);
    return field.serve(RELAY, PORT, { UPSTREAMS: 9001 });
  },
  async load(field) {
    assertServed(await field.users(PORT, { SHORT_MS: 100, FOR_MS: 800 }), 4);
    // Somebody else beside it asks for what is not there.
    const [command = '', ...args] = [...field.place.enter, process.execPath, '-e', KNOCKS];
    const child = spawn(command, args, { stdio: 'inherit' });
    await once(child, 'close');
    await pause(100);
    assertServed(await field.users(PORT, { SHORT_MS: 100, FOR_MS: 800 }), 4);
  },
});

const KNOCKS = `
const { connect } = require('node:net');
let left = 40;
const timer = setInterval(() => {
  connect(9009, '127.0.0.1').on('error', () => {});
  left -= 1;
  if (left === 0) clearInterval(timer);
}, 20);
`;

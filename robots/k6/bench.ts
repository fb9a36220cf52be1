/**
 * The least that a k6 script does for the whole life of a user: connect, bet in the next round, see its result, leave. For
 * `npm run bench`: one small file, since every VU keeps a copy of all that its script imports. USERS sockets, each VU has
 * SOCKETS of them.
 */
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import type { Options } from 'k6/options';
import { setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';

const { TARGET = '', HOLD_MS = '0' } = __ENV;
const users = Number(__ENV.USERS);
const sockets = Math.min(users, Number(__ENV.SOCKETS));
const vus = Math.ceil(users / sockets);

export const options: Options = {
  scenarios: {
    users: { executor: 'per-vu-iterations', vus, iterations: 1, maxDuration: '10m', gracefulStop: '0s' },
  },
};

const placed = new Counter('bets_placed');
const acked = new Counter('bets_acked');
const left = new Counter('left');
/** From the start of the test, all VUs made, until a user is open. */
const openedAfter = new Trend('opened_after', true);

export default () => {
  const vu = exec.scenario.iterationInTest;
  const from = exec.scenario.startTime;
  const last = Math.min(users, (vu + 1) * sockets);
  for (let user = vu * sockets; user < last; user += 1) live(user, from);
};

function live(user: number, from: number): void {
  const socket = new WebSocket(TARGET);
  let round = 0;
  socket.onopen = () => openedAfter.add(Date.now() - from);
  socket.onmessage = (event) => {
    const message = JSON.parse(String(event?.data));
    if (message.type === 'betting-open') {
      round = message.round;
      placed.add(1);
      socket.send(JSON.stringify({ type: 'bet', id: `u${user}-r${round}`, round, amount: 1 }));
    } else if (message.type === 'bet-ack') {
      acked.add(1);
    } else if (message.type === 'result' && message.round === round) {
      left.add(1);
      setTimeout(() => socket.close(), Number(HOLD_MS));
    }
  };
}

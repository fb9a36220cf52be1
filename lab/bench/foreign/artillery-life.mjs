/** What artillery's users do beyond its own steps: its `ws` engine cannot wait for one message among others. */
const BETTING_OPEN = /"type":"betting-open","round":(\d+)/;
const ACK = /"type":"bet-ack"/;
const RESULT = /"type":"result"/;
const HOLD_MS = 200;

let firstAt = 0;
let users = 0;

/** When the first one connects. */
export function comes(_wsArgs, _context, done) {
  firstAt ||= Date.now();
  done();
}

/** One round of bets, from its opening to its result. Never ends for a user whose bet is never acked. */
export function plays({ ws }, events, done) {
  events.emit('histogram', 'opened_after', Date.now() - firstAt);
  users += 1;
  const id = `a${users}`;
  let acked = false;
  ws.on('message', (data) => {
    const text = String(data);
    const round = BETTING_OPEN.exec(text)?.[1];
    if (round !== undefined) {
      events.emit('counter', 'bets_placed', 1);
      ws.send(JSON.stringify({ type: 'bet', id, round: Number(round), amount: 1 }));
    } else if (ACK.test(text)) {
      acked = true;
      events.emit('counter', 'bets_acked', 1);
    } else if (acked && RESULT.test(text)) {
      setTimeout(done, HOLD_MS);
    }
  });
}

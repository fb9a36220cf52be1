import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Crowd, Met, Outcome, Plan } from './plan.ts';

/** The users of an exam's question as a process of their own: HOST, PORT and PLAN; prints on stdout what they met. */
const { HOST = '127.0.0.1', PORT = '', PLAN = '' } = process.env;
const PATIENCE_MS = 2500;

const { forMs, crowds } = JSON.parse(PLAN) as Plan;
const end = performance.now() + forMs;
const met: Met = {};

await Promise.all(crowds.map(come));
process.stdout.write(`${JSON.stringify(met)}\n`);

async function come(crowd: Crowd): Promise<void> {
  const { users, overMs, afterMs = 0, name } = crowd;
  const counts: Met[string] = {};
  met[name] = counts;
  await sleep(afterMs);
  const began = performance.now();
  const all: Promise<void>[] = [];
  for (let user = 0; user < users; user += 1) {
    const due = began + (overMs * user) / users;
    if (due > performance.now()) await sleep(due - performance.now());
    if (performance.now() >= end) break;
    all.push(
      one(crowd).then((outcome) => {
        counts[outcome] = (counts[outcome] ?? 0) + 1;
        return crowd.returns && outcome === 'cut' ? again(crowd) : undefined;
      }),
    );
  }
  await Promise.all(all);
}

async function again(crowd: Crowd): Promise<void> {
  while (performance.now() < end && (await one(crowd)) === 'cut');
}

/** One user's life. Whoever is still waiting at the end, and within its patience, counts as one who waited. */
function one(crowd: Crowd): Promise<Outcome> {
  const { does, untilMs, everyMs, againMs, againTimes = 1, patienceMs = PATIENCE_MS, speech } = crowd;
  // The first is asked as it comes.
  const turns = 1 + Math.ceil(againTimes * Math.random());
  const { hello, welcome, ask, answer, once = false } = speech;
  return new Promise((resolve) => {
    const socket = connect(Number(PORT), HOST);
    socket.setNoDelay(true);
    const timers: NodeJS.Timeout[] = [];
    let connected = false;
    let served = false;
    let heard = '';
    let asked = 0;
    let over = false;
    const be = (outcome: Outcome) => {
      if (over) return;
      over = true;
      for (const timer of timers) clearTimeout(timer);
      // A FIN where the server has said all, as clients do.
      socket.end();
      socket.once('close', () => resolve(outcome));
      setTimeout(() => socket.destroy(), 300);
    };
    const later = (ms: number, work: () => void) => {
      timers.push(setTimeout(work, Math.max(0, ms)));
    };
    const question = () => {
      heard = '';
      asked += 1;
      const mine = asked;
      socket.write(does === 'half' ? ask.slice(0, Math.ceil(ask.length / 2)) : ask, 'latin1');
      if (does === 'half') return;
      later(patienceMs, () => {
        if (!served || mine > answers) be('unanswered');
      });
    };
    let answers = 0;
    let welcomed = welcome === undefined;
    const left = () => end - performance.now();
    const untilItLeaves = untilMs === undefined ? left() : Math.min(left(), untilMs - (forMs - left()));
    if (does === 'stay') later(untilItLeaves, () => be(served ? 'stayed' : 'waited'));
    else if (does !== 'visit') later(untilItLeaves, () => be(connected ? 'waited' : 'timeout'));
    later(patienceMs, () => connected || be('timeout'));
    socket.on('connect', () => {
      connected = true;
      if (does === 'silent') return;
      if (hello !== undefined) socket.write(hello, 'latin1');
      if (welcomed) question();
      else
        later(patienceMs, () => {
          if (!welcomed) be('unanswered');
        });
    });
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      if (does === 'silent' || does === 'half') return;
      if (!welcomed) {
        if (!new RegExp(welcome ?? '').test(heard)) return;
        welcomed = true;
        question();
        return;
      }
      if (!new RegExp(answer).test(heard)) {
        if (/^HTTP\/1\.\d [345]/.test(heard)) be('otherwise');
        return;
      }
      served = true;
      answers = asked;
      heard = '';
      if (does === 'visit' || once) be('served');
      else if (everyMs !== undefined) later(everyMs, () => over || question());
      else if (againMs !== undefined && asked < turns)
        later(againMs * Math.random(), () => over || question());
    });
    socket.on('end', () => {
      if (does === 'silent' || does === 'half') be('closed');
      else be(served ? 'cut' : heard === '' ? 'closed' : 'otherwise');
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (over) return;
      if (code === 'ECONNREFUSED') be('refused');
      else if (!connected && code !== 'ECONNRESET') be('timeout');
      else be(heard === '' || served ? 'reset' : 'otherwise');
    });
  });
}

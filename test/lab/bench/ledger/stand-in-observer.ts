import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { columnsOf, observedRows, rowOfColumns } from '../../../../protocol/connection-rows.ts';

/** Tells of each connection that `ss -E` shows its two ends, and nothing more. */
const { GATEWAY_PORT: port, LEDGER: ledger } = process.env;
const write = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);
write({ event: 'observed', at: Date.now(), deltas: {} });
let rest = '';
const argv = ['-oL', 'ss', '-E', '-H', '-t', '-n', '-i', '-O', `sport = :${port}`];
const child = ledger === 'off' ? undefined : spawn('stdbuf', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
child?.stdout.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  const told = lines.flatMap((line) => {
    const [, , , local = '', remote = ''] = line.split(/\s+/);
    // The listener is freed as well.
    return remote.endsWith(':*') ? [] : [rowOfColumns(columnsOf(local, Date.now(), remote))];
  });
  for (const rows of observedRows(Date.now(), told)) write(rows);
});
const end = () => {
  child?.kill();
  if (child) write({ event: 'witness', at: Date.now(), by: 'ss -E', lost: 0 });
  process.exit(0);
};
process.once('SIGTERM', end);
process.stdin.resume().once('end', end);
setInterval(() => {}, 1000);

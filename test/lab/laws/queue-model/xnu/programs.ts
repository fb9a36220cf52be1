import { DarwinSocket } from '../../../../../lab/laws/queue-model/darwin-socket.ts';
import type { ProgramCase } from './data.ts';
import { Segments } from './segments.ts';

const ERRNO: Record<string, number> = { ECONNRESET: 54, EPIPE: 32 };
const SEGMENT: Record<string, 'ack' | 'data' | 'fin'> = { A: 'ack', PA: 'data', FA: 'fin' };

/** A case played event by event, and what of it went another way. */
export function playProgram({ case: name, events }: ProgramCase): { made: Segments; apart: string[] } {
  const sockets: DarwinSocket[] = [];
  const socketOf = (client: number) => {
    sockets[client] ??= new DarwinSocket();
    return sockets[client];
  };
  const came: string[] = [];
  const made = new Segments(
    { backlog: name.startsWith('EMFILE') ? 8 : 1, somaxconn: 128 },
    42_197,
    (client, packet) => {
      if (packet === '<R') socketOf(client).reset();
      if (packet === '<FA') socketOf(client).fin();
      if (packet.startsWith('<')) came.push(`${packet} ${client}`);
    },
  );
  const apart: string[] = [];
  const same = (what: string, theirs: unknown, ours: unknown) => {
    if (theirs !== ours) apart.push(`${what}: ${theirs}, not ${ours}`);
  };
  const due: string[] = [];
  for (const event of events) {
    const [what = '', first = '', errno = '', bytes = ''] = event.split(' ');
    const client = Number(first);
    const socket = socketOf(client);
    if (what === '>S') made.syn(client);
    else if (what.startsWith('>')) made.send(client, SEGMENT[what.slice(1)] as 'ack');
    else if (what.startsWith('<')) due.push(`${what.replace('RA', 'R')} ${client}`);
    else if (what === 'accept')
      same(event, errno !== '24', first !== 'error' ? made.accept() === client : !made.acceptWithout());
    else if (what === 'sclose') made.close(client);
    else if (what === 'error') same(event, Number(errno), ERRNO[socket.error ?? ''] ?? 0);
    else if (what === 'csend') same(event, Number(errno), ERRNO[socket.write() ?? ''] ?? 0);
    else if (what === 'crecv') {
      const read = socket.read();
      same(event, `${errno} ${bytes}`, read === undefined ? 'nothing' : `${ERRNO[read] ?? 0} 0`);
    }
  }
  // ACKs of data and of FIN the model does not send.
  const theirs = due.filter((packet) => !packet.startsWith('<A '));
  same('packets', theirs.join(), came.filter((packet) => !packet.startsWith('<A ')).join());
  return { made, apart };
}

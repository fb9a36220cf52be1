import type { ConnectionLine, Told } from '../../../protocol/connection-events.ts';

/** What `ss -E` and the port's table tell without root. */
function told<T>(is: T, within?: number): Told<T> {
  return { is, by: 'ss -E', ...(within === undefined ? {} : { within }) };
}

/** The line of a connection that a server ended at `at`, `age` ms after its handshake. */
function ended(at: number, age: number): ConnectionLine {
  const within = Math.min(age, 100);
  return {
    event: 'connection',
    at,
    local: '127.0.0.1:80',
    remote: `127.0.0.1:${20_000 + (at % 10_000)}`,
    complete: told(at - age + within, within),
    closed: told(at),
    age: told(age, within),
  };
}

/** Reset, with so much unread, by default nothing that is known of. */
export function resetLine(
  at: number,
  age = 50,
  { unread, port }: { unread?: number; port?: number | undefined } = {},
): ConnectionLine {
  const line = ended(at, age);
  return {
    ...line,
    ...(port === undefined ? {} : { remote: `127.0.0.1:${port}` }),
    ...(unread === undefined ? {} : { received: told(unread), unread: told(unread) }),
    closedBy: told('server'),
    how: told('RST'),
    reset: told('server'),
  };
}

/** Closed by the server in order, having sent and received so much. */
export function closedLine(at: number, sent: number, received: number, age = 50): ConnectionLine {
  const line = ended(at, age);
  return {
    ...line,
    closedBy: told('server'),
    how: told('FIN'),
    sent: told(sent),
    received: told(received),
    finAcked: told(true),
  };
}

/** Left by its client, who had asked and was told nothing. */
export function leftLine(at: number, age: number): ConnectionLine {
  return { ...closedLine(at, 0, 80, age), closedBy: told('client') };
}

/** Reset in the accept queue. */
export function unacceptedLine(at: number): ConnectionLine {
  return { ...resetLine(at, 800), accepted: told(false) };
}

/** A TCP socket as `lsof -nP -iTCP:8080` lists it. */
export interface Row {
  /** The command, as far as lsof shows it. */
  name: string;
  pid: number;
  /** `*:8080` of a listener, `127.0.0.1:50001->127.0.0.1:8080` of a connection. */
  address: string;
  state: string;
}

/** Rows that it does not know are passed over. lsof writes a space in a command's name as \x20 (lsof(8), OUTPUT). */
export function parseSockets(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\S+)\s+(\d{1,9})\s.*\sTCP\s+(\S+:\d{1,5})(?:\s+\((\w+)\))?\s*$/.exec(line);
    if (match === null) return [];
    const [, name = '', pid, address = '', state = ''] = match;
    return [{ name, pid: Number(pid), address, state }];
  });
}

/**
 * A container beside members of the channel that the lab itself is not in reach of: hands on what they say, as lines on stdout, and on stdin
 * what the lab says to them. PORT: where it listens; CHANNEL_TOKEN: what members must know. Ends with its stdin.
 */
import { createInterface } from 'node:readline';
import { tell } from '../../../common/tell.ts';
import type { FromRelay, ToRelay } from './relayed-wire.ts';
import type { Link } from './wire.ts';
import { listenForMembers } from './ws-wire.ts';

const out = (line: FromRelay) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function relay({ PORT = '', CHANNEL_TOKEN = '' }: NodeJS.ProcessEnv): Promise<void> {
  const wire = await listenForMembers(Number(PORT), CHANNEL_TOKEN, (from) => out({ event: 'refused', from }));
  const links = new Map<number, Link>();
  let joined = 0;
  wire.accept((member) => {
    joined += 1;
    const link = joined;
    links.set(link, member);
    out({ event: 'joined', link });
    return {
      onMessage: (message) => out({ event: 'said', link, message }),
      onClose(why) {
        links.delete(link);
        out({ event: 'left', link, why });
      },
    };
  });
  out({ event: 'listening', port: wire.port });
  createInterface(process.stdin)
    .on('line', (text) => {
      const order = JSON.parse(text) as ToRelay;
      const link = links.get(order.link);
      if ('close' in order) link?.close();
      else link?.send(order.message);
    })
    .on('close', () => process.exit(0));
}

process.on('SIGTERM', () => process.exit(0)).on('SIGINT', () => process.exit(0));
relay(process.env).catch((error) => process.exit(tell(error, 'channel')));

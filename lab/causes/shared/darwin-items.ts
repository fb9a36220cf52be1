import { count } from '../../../common/format.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { DarwinFacts } from '../../facts/darwin-listen-queue.ts';
import { item } from './cause.ts';
import type { EvidenceItem } from './verdict-types.ts';

/** What macOS shows where Linux has other counters: see docs/evidence.md. */

const UNREAD = 'not measured: macOS shows TCP statistics to root alone (sudo)';

/** tcps_listendrop. */
export function overflowItem({ overflows }: DarwinFacts): EvidenceItem {
  const says =
    overflows === undefined
      ? UNREAD
      : overflows === 0
        ? 'the listen queue never overflowed'
        : `${count(overflows, 'SYN')} came to a full queue: dropped, or a half-open one thrown out for it`;
  return item('netstat -s -p tcp', 'listen queue overflows', 0, overflows ?? null, says);
}

/** Segments that hit the listener. */
export function refusedItem({ refused }: DarwinFacts): EvidenceItem {
  if (refused === undefined) return item('netstat -s -p tcp', 'bad connection attempts', null, null, UNREAD);
  const { count: number, counter, source } = refused;
  const name = counter.replace(/^darwin /, '');
  const says =
    number === 0
      ? 'the listener answered no segment with RST'
      : `${count(number, 'segment')} came for a handshake that the listener no longer had, each answered with RST`;
  return item(source, name, 0, number, says);
}

/** What netstat -L showed: 128/0/128 is another thing than 128/k/128. */
export function shapeItem({ fullest, capacity, stuck, evicting }: DarwinFacts): EvidenceItem {
  const source = 'netstat -L -a -n';
  if (fullest === undefined) return item(source, 'listen queue', null, null, 'not measured');
  const { qlen, incqlen, maxqlen } = fullest;
  const shown = `${qlen}/${incqlen}/${maxqlen}`;
  const says =
    maxqlen <= 0
      ? 'the limit, a short, is not above 0: every SYN is dropped; kern.ipc.somaxconn must be below 32768'
      : evicting
        ? 'full, some half-open: the oldest is thrown out for each new SYN, and reset when it answers'
        : stuck
          ? 'full, all complete: the gateway does not accept, and each new SYN is dropped without an answer'
          : `at most ${qlen} seen of ${capacity ?? maxqlen} that fit; between two looks it may have been fuller`;
  return item(source, 'listen queue, all/half-open/limit', null, shown, says, capacity);
}

/** For want of descriptors: what tells of it where Linux has TCPAbortOnClose and OutRsts. */
export function closedItems({ afterClose }: DarwinFacts, failed: readonly UserLine[]): EvidenceItem[] {
  const says =
    afterClose === undefined
      ? UNREAD
      : `${count(afterClose, 'packet')} came for what the gateway had closed, each answered with RST`;
  const resets = failed.filter(({ outcome, errno }) => outcome === 'reset' && errno === 'ECONNRESET').length;
  const seen = `${resets} × ECONNRESET: after a FIN too macOS gives the reader a reset, where Linux gives end of file, or EPIPE to a writer`;
  const closed = item('netstat -s -p tcp', 'packets received after close', 0, afterClose ?? null, says);
  return [
    ...(afterClose === 0 ? [] : [closed]),
    ...(resets === 0 ? [] : [item('robots', 'ECONNRESET', 0, resets, seen)]),
  ];
}

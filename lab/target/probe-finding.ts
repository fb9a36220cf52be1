import { UsageError } from '../../common/errors.ts';
import { shownUrl, type TargetUrl } from './target-url.ts';
import type { UserCost } from './user-cost.ts';

/** What a probe found: one connection, before there is load. */
export type ProbeFinding =
  /** Nothing that a person would have to put right first: the server may be ill all the same. */
  | { is: 'fine'; cost?: UserCost }
  /** It took no connection, and may be ill. */
  | { is: 'unreached' }
  /** Nobody listens on the port; `ports`: the others that somebody does. */
  | { is: 'nobody'; ports: number[] }
  /** Its certificate does not verify. */
  | { is: 'untrusted'; says: string }
  /** It speaks no TLS, and was to. */
  | { is: 'plain' }
  /** It speaks TLS, and was not to. */
  | { is: 'tls' }
  /** It takes none of the subprotocols. */
  | { is: 'no-subprotocol'; says: string };

/** The line that a probe writes. */
export type ProbeLine = { event: 'probed' } & ProbeFinding;

/** What helps, in the words of whoever asked: flags, or fields of the library. */
export interface ProbeWords {
  certificate: string;
  subprotocol: string;
}

/** What is wrong, in one line that `where` begins; undefined: nothing. */
export function refusalOf(
  where: string,
  finding: ProbeFinding,
  url: TargetUrl,
  words: ProbeWords,
): UsageError | undefined {
  const refused = (why: string, allowed: string) => new UsageError(`${where}: ${why}; allowed: ${allowed}`);
  const other = shownUrl({ ...url, tls: !url.tls });
  switch (finding.is) {
    case 'fine':
    case 'unreached':
      return undefined;
    case 'nobody':
      return refused(
        `nobody listens on port ${url.port} in the network namespace of the server`,
        finding.ports.length > 0
          ? `a port that somebody does: ${finding.ports.join(', ')}`
          : 'a server that listens',
      );
    case 'untrusted':
      return refused(`its certificate does not verify (${finding.says})`, words.certificate);
    case 'plain':
      return refused('the server speaks no TLS on this port', other);
    case 'tls':
      return refused('the server speaks TLS on this port', other);
    case 'no-subprotocol':
      return refused(`the server takes none of the subprotocols (${finding.says})`, words.subprotocol);
  }
}

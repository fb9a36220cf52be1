import type { Witness } from '../../../protocol/connection-events.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { isDarwin } from '../../facts/darwin-listen-queue.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { machine, table } from './section-parts.ts';
import { type Html, html } from './tagged-html.ts';

/** Of the ledger. */
const WITNESSES: Witness[] = ['ss -E', 'port table', 'tracefs'];

const COLUMNS = [
  { title: 'what' },
  { title: 'read from' },
  { title: 'by' },
  { title: 'lines', number: true },
];

/** Where every number on the page comes from, and on what it was measured. `of`: which gateway is shown by itself, of several. */
export function sourcesSection(
  document: VerdictDocument,
  evidence: Evidence,
  connections: number,
  of = '',
): Html {
  const { observer, gateway, fleet } = evidence;
  const mac = isDarwin(evidence);
  const { host, runtime, driver, seed, observer: cost, path } = document;
  const seen = (what: 'descriptors' | 'acceptQueue') =>
    observer.series.filter((line) => line[what] !== undefined).length;
  const rows = [
    ['users: outcome, stage, errno, times', 'users.ndjson, one line a user', 'robots', fleet.users.length],
    [
      `descriptors of the gateway${of}`,
      mac ? 'lsof -nP -p <pid>' : '/proc/<pid>/fd',
      'observer',
      seen('descriptors'),
    ],
    [`accept queue${of}`, mac ? 'netstat -L -a -n' : '/proc/<pid>/net/tcp', 'observer', seen('acceptQueue')],
    [
      `kernel counters${of}`,
      mac ? 'netstat -s -p tcp, -I lo0 -s -p tcp, -i -d -n' : '/proc/<pid>/net/snmp, netstat, dev',
      'observer',
      observer.series.length,
    ],
    [
      `event loop, bets, its own closes${of}`,
      'stdout of the gateway',
      'gateway',
      gateway.samples.length + gateway.closes.length,
    ],
    [
      "each connection's life",
      `connections.ndjson, one line a connection, of ${WITNESSES.join(', ')}`,
      'observer, tracer',
      connections,
    ],
    [`event loop of the robots${of}`, 'stdout of the robots', 'robots', fleet.progress.length],
    ['what is marked predicted', 'the law named beside it, from the settings in force', 'lab/laws', '–'],
  ];
  return html`<section>
<h2>Where the numbers come from</h2>
${table('Sources', COLUMNS, rows)}
<p class="hint">${machine(host)}, runtime ${runtime}, driver ${driver}, seed ${seed}.
${cost && `The observer took ${cost.samplesPerSecond} samples a second at ${cost.cpuPercent} % of a CPU.`}
${path && html`Folder: <code>${path}</code>.`}</p>
</section>`;
}

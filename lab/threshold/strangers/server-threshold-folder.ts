import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from '../../evidence/evidence.ts';
import { EVIDENCE_FILES, type EvidenceFiles } from '../../run/evidence-files.ts';
import { RunFolder } from '../../run/run-folder.ts';
import type { ServerThresholdDocument } from './server-threshold-document.ts';

/** What lines of a load are written under until it is known whether they stay. */
const UNDECIDED = 'load-';

/** The folder of a search. Of all loads it keeps the lines of one: the smallest that failed. */
export class ServerThresholdFolder {
  readonly #folder: RunFolder | undefined;
  #files: EvidenceFiles | undefined;
  /** Users of the load whose lines are kept. */
  #kept: number | undefined;
  #manifest: object;

  /** @param runs where it goes; null: nothing is written. Throws what `RunFolder` throws. */
  constructor(runs: string | null, manifest: object) {
    this.#manifest = { name: 'threshold', ...manifest };
    if (runs !== null) this.#folder = new RunFolder(runs, 'threshold', this.#manifest);
  }

  /** Null: there is none. */
  get path(): string | null {
    return this.#folder?.path ?? null;
  }

  /** Keeps each line of this evidence from now on, in place of those of a load that was not told of. */
  begin(evidence: Evidence): Evidence {
    this.#drop();
    const files = this.#folder?.evidence(UNDECIDED);
    this.#files = files;
    if (files) evidence.keep = evidence.ledger.keep = files.keep;
    return evidence;
  }

  /** The load is over: its lines take the place of those of a larger one that failed, else they are dropped. */
  end({ users, failed, evidence }: { users: number; failed: number; evidence: Evidence }): void {
    delete evidence.keep;
    delete evidence.ledger.keep;
    const smaller = failed > 0 && users < (this.#kept ?? Number.POSITIVE_INFINITY);
    if (this.#folder === undefined || !smaller) {
      this.#drop();
      return;
    }
    this.#files?.end();
    this.#files = undefined;
    this.#kept = users;
    for (const name of EVIDENCE_FILES) {
      const [from, to] = [UNDECIDED, ''].map((prefix) => this.#place(name, prefix)) as [string, string];
      if (existsSync(from)) renameSync(from, to);
      else rmSync(to, { force: true });
    }
  }

  /** Writes what is known so far. */
  save(document: ServerThresholdDocument): void {
    this.#folder?.write('threshold.json', document);
  }

  /** Writes what was found. */
  write(document: ServerThresholdDocument, page: string | undefined): void {
    this.#drop();
    this.save(document);
    if (page !== undefined) this.#folder?.write('report.html', page);
    const { complete, host } = document;
    const kept = this.#kept === undefined ? {} : { lines: { users: this.#kept } };
    this.#folder?.writeManifest({ complete, ...this.#manifest, host, ...kept, path: this.path });
  }

  #drop(): void {
    this.#files?.end();
    this.#files = undefined;
    if (this.#folder === undefined) return;
    for (const name of EVIDENCE_FILES) rmSync(this.#place(name, UNDECIDED), { force: true });
  }

  #place(name: string, prefix: string): string {
    return join(this.path ?? '', `${prefix}${name}.ndjson`);
  }
}

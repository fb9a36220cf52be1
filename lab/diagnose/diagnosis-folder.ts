import { defined } from '../../common/defined.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Keep } from '../evidence/lab-lines.ts';
import type { Place, Wanted } from '../evidence/server-place.ts';
import type { EvidenceFiles } from '../run/evidence-files.ts';
import { FORM } from '../run/manifest.ts';
import { RunFolder } from '../run/run-folder.ts';
import { keptLoad, type Load } from '../target/server-load.ts';
import type { DiagnosisManifest } from './diagnose-again.ts';
import type { DiagnosisDocument } from './diagnosis-document.ts';

/** What is known of a diagnosis when it begins. */
interface Begun {
  wanted: Wanted;
  forMs?: number;
  load?: Load;
  runs: string | null;
  onNoFolder(error: unknown): void;
}

/** The folder that a diagnosis leaves. There is none before it watches a server; what was said until then goes into it too. */
export class DiagnosisFolder {
  readonly #evidence: Evidence;
  #early: Parameters<Keep>[0][] = [];
  #folder: RunFolder | undefined;
  #files: EvidenceFiles | undefined;
  #manifest: object = {};

  /** @param evidence each of its lines is kept from now on */
  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    const keep: Keep = (line) => {
      if (this.#files) this.#files.keep(line);
      else this.#early.push(line);
    };
    evidence.keep = keep;
    evidence.ledger.keep = keep;
  }

  /** Null: there is none. */
  get path(): string | null {
    return this.#folder?.path ?? null;
  }

  /** Makes it, unless nothing is to be written. */
  make(place: Place, { wanted, forMs, load, runs, onNoFolder }: Begun): void {
    const { host, runtime, driver, exclusive, asked } = this.#evidence;
    const manifest: Omit<DiagnosisManifest, 'path'> = {
      complete: false,
      form: FORM,
      kind: 'diagnose',
      name: 'diagnose',
      ...{ runtime, driver, exclusive, host, wanted, place, asked },
      ...defined({ forMs, load: load && keptLoad(load) }),
    };
    try {
      if (runs !== null) this.#folder = new RunFolder(runs, 'diagnose', manifest);
    } catch (error) {
      onNoFolder(error);
    }
    this.#manifest = { ...manifest, path: this.path };
    const files = this.#folder?.evidence();
    if (files) for (const line of this.#early) files.keep(line);
    else this.#drop();
    this.#early = [];
    this.#files = files;
  }

  /** Writes all lines that are not written yet. */
  end(): void {
    this.#drop();
    this.#files?.end();
  }

  /** Writes what was found. */
  write(document: DiagnosisDocument, page: string | undefined): void {
    const { complete, settings: effective } = document;
    this.#folder?.write('verdict.json', document);
    if (page !== undefined) this.#folder?.write('report.html', page);
    this.#folder?.writeManifest({ ...this.#manifest, complete, effective });
  }

  #drop(): void {
    delete this.#evidence.keep;
    delete this.#evidence.ledger.keep;
  }
}

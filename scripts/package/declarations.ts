/** A name that another file of ours declares. */
interface Elsewhere {
  from: string;
  name: string;
}

/** An `import` or an `export … from`: what it calls what of whom. */
interface Link {
  from: string;
  /** As it is called here, and there. */
  names: Map<string, string>;
  text: string;
  exports: boolean;
}

/** Where one begins, as tsc writes them: at the left edge, its comment before it. */
const BEGIN = /^(?=\/\*\*|(?:export|declare|import|type|interface) )/m;
const LINK = /^(import|export) (?:type )?\{ ([^}]*) \} from '([^']+)';/m;
const DECLARED =
  /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const|let|enum) ([\w$]+)/m;
const WORD = /[A-Za-z_$][\w$]*/g;

/** The declarations of one file, of which those are kept that are taken. */
export class Declarations {
  readonly #links: Link[] = [];
  readonly #own: { name: string; text: string }[] = [];
  readonly #taken = new Set<string>();

  /** @throws {Error} for text that tsc does not write. */
  constructor(text: string) {
    let comment = '';
    for (const part of text.split(BEGIN)) {
      if (part.startsWith('/**')) comment = part;
      else {
        if (part.trim() !== 'export {};') this.#add(comment + part);
        comment = '';
      }
    }
  }

  #add(statement: string): void {
    const [, kind, list = '', from = ''] = LINK.exec(statement) ?? [];
    if (kind === undefined) {
      const { 1: name } = DECLARED.exec(statement) ?? [];
      if (name === undefined) throw new Error(`not understood: ${statement.slice(0, 200)}`);
      this.#own.push({ name, text: statement });
      return;
    }
    const names = new Map(
      list.split(', ').map((one) => {
        const [theirs = '', ours = theirs] = one.replace(/^type /, '').split(' as ');
        return [ours, theirs];
      }),
    );
    this.#links.push({ from, names, text: statement, exports: kind === 'export' });
  }

  /** What an importer can have of this file. */
  exported(): string[] {
    const linked = this.#links.filter(({ exports }) => exports).flatMap(({ names }) => [...names.keys()]);
    return [...linked, ...this.#own.filter(({ text }) => /^export /m.test(text)).map(({ name }) => name)];
  }

  /** Keeps the declaration of this name and those of this file that it names. Gives what it names of other files of ours. */
  take(name: string): Elsewhere[] {
    if (this.#taken.has(name)) return [];
    this.#taken.add(name);
    const linked = this.#links.filter(({ names }) => names.has(name));
    const words = this.#own.filter((one) => one.name === name).flatMap(({ text }) => text.match(WORD) ?? []);
    return [
      ...linked
        .filter(({ from }) => from.startsWith('.'))
        .map(({ from, names }) => ({ from, name: names.get(name) as string })),
      ...words.flatMap((word) => this.take(word)),
    ];
  }

  /** What is left. */
  text(): string {
    const links = this.#links.flatMap(({ names, from, exports }) => {
      const left = [...names].filter(([ours]) => this.#taken.has(ours));
      const list = left.map(([ours, theirs]) => (ours === theirs ? ours : `${theirs} as ${ours}`)).join(', ');
      return left.length === 0
        ? []
        : [`${exports ? 'export' : 'import'} { ${list} } from '${from.replace(/\.ts$/, '.js')}';\n`];
    });
    const own = this.#own.filter(({ name }) => this.#taken.has(name)).map(({ text }) => text);
    return [...links, ...own, 'export {};\n'].join('');
  }
}

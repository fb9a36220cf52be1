import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aboutSetting, SETTING_NAMES, settingsSchema } from '../lab/settings/schema.ts';
import { CAUSES } from '../lab/verdict/registry.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/*.md', 'lab/causes/*.md'], { cwd: ROOT }).sort();

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const withoutCode = (text: string) =>
  text.replace(/^ *```[\s\S]*?^ *```/gm, '').replace(/`[^`\n]*`/g, 'code');

/** Targets of the links of a page that are no web address. */
function links(page: string): string[] {
  const targets = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(
    (match) => match[1] as string,
  );
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a page, as GitHub makes them from its headings. */
function anchors(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs', () => {
  describe('relative links', () => {
    for (const page of PAGES) {
      for (const target of links(page)) {
        it(`${page} → ${target}`, () => {
          const [path = '', anchor] = target.split('#');
          const file = path === '' ? page : join(dirname(page), path);
          assert.ok(existsSync(join(ROOT, file)), `${file} does not exist`);
          if (anchor !== undefined)
            assert.ok(anchors(file).includes(anchor), `${file} has no heading #${anchor}`);
        });
      }
    }

    it('lead from the README to every page of docs', () => {
      const pages = PAGES.filter((page) => page.startsWith('docs/'));
      assert.deepEqual(
        pages.filter((page) => !links('README.md').includes(page)),
        [],
      );
    });
  });

  describe('docs/settings.md', () => {
    const rows = new Map(
      [...read('docs/settings.md').matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map((match) => [
        match[1],
        match[2] as string,
      ]),
    );
    const defaults = settingsSchema.parse({}) as Record<string, unknown>;

    for (const name of SETTING_NAMES) {
      it(`has ${name} with what it is, what is allowed and its default`, () => {
        const { about, allowed, sysctl } = aboutSetting(name);
        const cells = rows.get(name)?.split(' | ');
        assert.ok(cells, `no row for ${name}`);
        for (const text of [about, allowed]) assert.ok(cells.includes(text), `${name}: "${text}" is missing`);
        if (sysctl !== undefined) assert.ok(cells.includes(`\`${sysctl}\``), `${name}: ${sysctl} is missing`);
        if (defaults[name] !== undefined)
          assert.ok(cells.includes(String(defaults[name])), `${name}: its default`);
      });
    }

    it('has no setting that does not exist', () => {
      assert.deepEqual([...rows.keys()].sort(), [...SETTING_NAMES].sort());
    });
  });

  it('docs/adding-a-setting.md shows what stands in the code', () => {
    const plain = (text: string) => text.replace(/^ +/gm, '');
    const code = plain(read('protocol/settings.ts') + read('gateway/server.ts'));
    const shown = [...read('docs/adding-a-setting.md').matchAll(/```ts\n([\s\S]*?)\n *```/g)];
    assert.equal(shown.length, 2);
    for (const [, block = ''] of shown) assert.ok(code.includes(plain(block)), block);
  });

  describe('docs/causes.md', () => {
    for (const { id } of CAUSES) {
      it(`has ${id} in both tables`, () => {
        const rows = read('docs/causes.md')
          .split('\n')
          .filter((line) => line.startsWith(`| \`${id}\` |`));
        assert.equal(rows.length, 2);
      });
    }
  });

  describe('advice', () => {
    for (const { id } of CAUSES) {
      it(`on ${id} has a summary and more to read`, () => {
        const [head = '', more = ''] = read(`lab/causes/${id}.md`).split('\n## Read more\n');
        const [title, ...summary] = head.trim().split('\n');
        assert.equal(title, `# ${id}`);
        assert.ok(summary.join('').trim().length > 0, 'the summary');
        assert.ok(more.trim().length > 0, 'Read more');
      });
    }
  });
});

/** A page with this text between `<!-- name -->` and `<!-- /name -->`, as a block of code. Throws RangeError where the page has no such marks. */
export function withBlock(page: string, name: string, text: string): string {
  const block = new RegExp(`(<!-- ${name}\\b[^>]*-->)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!block.test(page)) throw new RangeError(`the page has no <!-- ${name} --> and <!-- /${name} -->`);
  return page.replace(block, (_, begin, end) => `${begin}\n\n\`\`\`\n${text.trim()}\n\`\`\`\n\n${end}`);
}

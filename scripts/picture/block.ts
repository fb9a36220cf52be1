/** A page with this text between `<!-- name -->` and `<!-- /name -->`, as a block of code. Throws RangeError where the page has no such marks. */
export function withBlock(page: string, name: string, text: string): string {
  const block = new RegExp(`(<!-- ${name}\\b[^>]*-->)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!block.test(page)) throw new RangeError(`the page has no <!-- ${name} --> and <!-- /${name} -->`);
  return page.replace(block, (_, begin, end) => `${begin}\n\n\`\`\`\n${text.trim()}\n\`\`\`\n\n${end}`);
}

/** The answer and the numbers: what stands before `Why`. Throws RangeError where there is no such part. */
export function answerOf(output: string): string {
  const at = output.search(/^Why /m);
  if (at < 0) throw new RangeError('the output has no part `Why`');
  return output.slice(0, at).trim();
}

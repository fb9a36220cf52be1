/**
 * Descriptor numbers from `lsof -nP -p PID`, lowest first: of the column FD, `12u` is one, `cwd`, `txt` and the like are none. Undefined for
 * text without lsof's heading.
 */
export function parseDescriptors(text: string): number[] | undefined {
  const numbers = new Set<number>();
  let column = -1;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === 'COMMAND') column = words.indexOf('FD');
    else if (column >= 0) {
      // A command's name may have spaces: FD is the first word after the owner's that looks like one.
      const word = words
        .slice(column)
        .find((one) => /^(?:\d{1,9}[a-zA-Z -]{0,2}|[a-z]{3}\d{0,2}|NOFD|DEL)$/.test(one));
      const match = /^(\d{1,9})[a-zA-Z-]{0,2}$/.exec(word ?? '');
      if (match) numbers.add(Number(match[1]));
    }
  }
  return column < 0 ? undefined : [...numbers].sort((a, b) => a - b);
}

/** What a terminal shows, as SVG. Colours are those of a dark terminal, with contrast for text on it. */
const COLOURS: Readonly<Record<string, string>> = {
  31: '#ff7b72',
  32: '#56d364',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
};
const [INK, PAPER, FAINT] = ['#e6edf3', '#0d1117', '#9198a1'];
/** A character of the font, and the distance of two lines, px. */
const [CHARACTER, LINE, MARGIN] = [8.4, 20, 16];

interface Piece {
  text: string;
  bold: boolean;
  dim: boolean;
  colour: string | undefined;
}

/** A text with SGR sequences (ECMA-48, 8.3.117: bold, dim, the eight colours and their ends) as a picture of the terminal that shows it. */
export function terminalSvg(text: string, title: string): string {
  const lines = text.replace(/\n+$/, '').split('\n').map(piecesOf);
  const columns = Math.max(
    ...lines.map((pieces) => pieces.reduce((sum, piece) => sum + [...piece.text].length, 0)),
  );
  const [width, height] = [Math.ceil(columns * CHARACTER) + 2 * MARGIN, lines.length * LINE + 2 * MARGIN];
  const rows = lines.map((pieces, index) => {
    const y = MARGIN + index * LINE + 14;
    return pieces.length === 0 ? '' : `<text x="${MARGIN}" y="${y}">${pieces.map(span).join('')}</text>\n`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;fill:${INK};white-space:pre}</style>
<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>
${rows.join('')}</svg>
`;
}

function span({ text, bold, dim, colour }: Piece): string {
  const fill = dim ? FAINT : colour;
  const style = `${bold ? ' font-weight="bold"' : ''}${fill === undefined ? '' : ` fill="${fill}"`}`;
  return style === '' ? escaped(text) : `<tspan${style}>${escaped(text)}</tspan>`;
}

/** The parts of a line that look alike. A style ends with its line: ours never go over one. */
function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = [];
  let style: Omit<Piece, 'text'> = { bold: false, dim: false, colour: undefined };
  // Odd: the numbers of a sequence.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences begin with ESC
  for (const [index, part] of line.split(/\x1b\[([\d;]*)m/).entries()) {
    if (index % 2 === 1) for (const code of part.split(';')) style = after(style, code);
    else if (part !== '') pieces.push({ ...style, text: part });
  }
  return pieces;
}

function after(style: Omit<Piece, 'text'>, code: string): Omit<Piece, 'text'> {
  switch (code) {
    case '':
    case '0':
      return { bold: false, dim: false, colour: undefined };
    case '1':
      return { ...style, bold: true };
    case '2':
      return { ...style, dim: true };
    case '22':
      return { ...style, bold: false, dim: false };
    case '39':
      return { ...style, colour: undefined };
    default:
      return code in COLOURS ? { ...style, colour: COLOURS[code] } : style;
  }
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

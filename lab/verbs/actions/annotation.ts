/** Longer, and nobody reads it beside a line of a log. */
const LONGEST = 3000;

/** An error annotation of GitHub Actions: a line that its runner takes off the log and shows beside the run. */
export function errorAnnotation(title: string, message: string): string {
  const short = message.length > LONGEST ? `${message.slice(0, LONGEST - 1)}…` : message;
  return `::error title=${escapedProperty(title)}::${escapedData(short)}\n`;
}

/** As @actions/core escapes it (packages/core/src/command.ts). */
function escapedData(text: string): string {
  return text.toWellFormed().replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

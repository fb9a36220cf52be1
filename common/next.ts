/** What helps most now. */
export interface Next {
  /** A command, a flag more for the one that made this, or a page to read. */
  take: string;
  /** Is `take` to be added to the command that was given? */
  added: boolean;
  /** What one gets by it. */
  gives: string;
}

/** A flag more for the command that was given. */
export const added = (take: string, gives: string): Next => ({ take, added: true, gives });
/** A command, or a page, of its own. */
export const whole = (take: string, gives: string): Next => ({ take, added: false, gives });

/** How it is put: what leads to the command, the command, and what one gets. */
export function nextWords({ take, added, gives }: Next): { lead: string; take: string; gives: string } {
  return { lead: added ? 'the same command with ' : '', take, gives: `(${gives})` };
}

/** The line of a terminal; as a list, empty where there is nothing. */
export function nextLines(next: Next | undefined): string[] {
  if (next === undefined) return [];
  const { lead, take, gives } = nextWords(next);
  return [`next: ${lead}${take}   ${gives}`];
}

/** A situation that is not there: a test that fails by it says nothing of the diagnosis. */
export class NotMade extends Error {
  constructor(what: string) {
    super(`not made: ${what}`);
  }
}

/** Is the situation really there? Throws NotMade. */
export function made(there: boolean, what: string): void {
  if (!there) throw new NotMade(what);
}

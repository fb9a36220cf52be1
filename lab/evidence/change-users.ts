import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from './evidence.ts';
import { countOf, PackedLines } from './packed-lines.ts';

/** Puts what the server's side shows of users in the place of what they say themselves. Who failed is counted again. */
export function changeUsers({ fleet }: Pick<Evidence, 'fleet'>, changed: (user: UserLine) => UserLine): void {
  const users = new PackedLines<UserLine>();
  for (const user of fleet.users) users.push(changed(user));
  fleet.users = users;
  const failed = countOf(users, ({ outcome }) => outcome !== 'open');
  Object.assign(fleet.done ?? {}, { failed, open: fleet.users.length - failed });
}

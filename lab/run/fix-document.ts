import type { Fix } from '../causes/shared/cause.ts';
import type { UsersDocument } from './users-document.ts';

/** What a second run with the fix showed. */
export interface FixDocument {
  change: string;
  verified: boolean;
  users: UsersDocument;
  /** Why the run with the fix came to no result, one line; then nothing is known of its users. Absent when it has one. */
  error?: string;
}

/** What became of the fix: how users fared in the second run, or why it came to no result. */
export type TriedFix = { fix: Fix; users: UsersDocument } | { fix: Fix; error: string };

/** Verified when of all that were asked nobody failed. */
export function fixDocument(tried: TriedFix, asked: number): FixDocument {
  const { change } = tried.fix;
  if ('error' in tried) {
    const users = { asked, open: 0, failed: 0, by: [] };
    return { change, verified: false, users, error: tried.error };
  }
  const { users } = tried;
  return { change, verified: users.failed === 0 && users.open === asked, users };
}

import type { ToLab, ToMember } from './messages.ts';

/** One member at the lab's end of the channel. */
export interface Link {
  /** Does nothing once it is closed. */
  send(message: ToMember): void;
  /** Ends it; `onClose` is called. */
  close(): void;
}

/** What is told of a link. */
export interface Listener {
  onMessage(message: ToLab): void;
  /** Why, in a word or two. */
  onClose(why: string): void;
}

/** What carries messages between the lab and the members of its channel. */
export interface Wire extends AsyncDisposable {
  /** Gives each member that has come so far, and from now on, to whoever takes it. To be called once. */
  accept(take: (link: Link) => Listener): void;
  /** Members that were turned away for a wrong token, so far: where from. */
  refused(): readonly string[];
}

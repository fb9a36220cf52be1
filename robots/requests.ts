import { Deadlines } from './deadlines.ts';
import type { Robot } from './robot.ts';
import type { Settings } from './robots-settings.ts';

type RequestsSettings = Pick<Settings, 'KIND' | 'REQUESTS' | 'REQUEST_GAP_MS' | 'CONNECT_TIMEOUT_MS'>;

/**
 * So long a FIN stays unnoticed. On loopback it is there at once; over a real path it is on its way for tens of
 * milliseconds, and a user that asks meanwhile cannot know of it.
 */
const UNNOTICED_MS = 200;

interface Asking {
  answered: number;
  answeredAt: number;
  /** When the next request goes out; undefined: one is out. */
  dueAt: number | undefined;
}

/** The requests of users that have more than one, each on its user's one connection, a pause after the answer before. */
export class Requests {
  readonly #settings: RequestsSettings;
  readonly #finished: () => void;
  readonly #users = new Map<Robot, Asking>();
  readonly #due = new Deadlines<Robot>((robot) => this.#ask(robot));
  readonly #overdue: Deadlines<{ robot: Robot; answered: number }>;

  /** @param finished called when a user has no request left */
  constructor(settings: RequestsSettings, finished: () => void) {
    this.#settings = settings;
    this.#finished = finished;
    const { CONNECT_TIMEOUT_MS: afterMs } = settings;
    this.#overdue = new Deadlines(({ robot, answered }) => {
      const asking = this.#users.get(robot);
      if (asking?.dueAt === undefined && asking?.answered === answered)
        robot.end({ how: 'deadline', afterMs, waitsFor: 'the answer to its next request' });
    });
  }

  /** Whether nobody has a request left. */
  get over(): boolean {
    return this.#users.size === 0;
  }

  /** To be called when a user has the whole of an answer; `last`: its connection takes no other request. */
  answered(robot: Robot, last: boolean): void {
    const { KIND, REQUESTS, REQUEST_GAP_MS } = this.#settings;
    if (KIND !== 'http') return;
    const answered = (this.#users.get(robot)?.answered ?? 0) + 1;
    if (last || answered >= REQUESTS) {
      this.left(robot);
      return;
    }
    const answeredAt = performance.now();
    const dueAt = answeredAt + REQUEST_GAP_MS;
    this.#users.set(robot, { answered, answeredAt, dueAt });
    this.#due.add(dueAt, robot);
  }

  /** To be called when a user is no longer open. */
  left(robot: Robot): void {
    if (this.#users.delete(robot)) this.#finished();
  }

  /** Whether its next request goes out before it can notice that the server has closed. */
  askBeforeNoticing(robot: Robot): boolean {
    const dueAt = this.#users.get(robot)?.dueAt;
    return dueAt !== undefined && dueAt - performance.now() < UNNOTICED_MS;
  }

  stop(): void {
    this.#users.clear();
    this.#due.clear();
    this.#overdue.clear();
  }

  #ask(robot: Robot): void {
    const asking = this.#users.get(robot);
    const now = performance.now();
    if (asking?.dueAt === undefined || asking.dueAt > now) return;
    asking.dueAt = undefined;
    this.#overdue.add(now + this.#settings.CONNECT_TIMEOUT_MS, { robot, answered: asking.answered });
    robot.askAgain(now - asking.answeredAt);
  }
}

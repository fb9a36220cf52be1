import { type Cause, change } from './shared/cause.ts';
import { forsakenBy, forsakenItem, forsakenWindowMs } from './shared/gateway-lets-wait.ts';
import { claimsWaiter, judgeWaiting, type Mine, signsOfWaiting } from './shared/idle-server.ts';

const isMine: Mine = ({ kind }) => kind === 'nobody' || kind === 'stopped';

export const notAccepting: Cause = {
  id: 'not-accepting',
  title: 'the gateway listens, but no longer accepts: every new user waits in the accept queue for ever',
  toldBy: 'gateway',
  looksLike: 'an idle server that accepts no connection from its queue, even after a user has left',
  under: 'app-timeout-or-panic',
  after: [{ id: 'fd-exhaustion' }],
  scenario: { accept_until_users: 100, users: 200, ramp: '500ms', connect_timeout_ms: 2500, rounds: 0 },
  claims(user, facts) {
    return facts.outside ? claimsWaiter(user, facts, isMine) : forsakenBy(user, facts);
  },
  windowMs: forsakenWindowMs,
  judge(facts, claimed) {
    if (facts.outside) return judgeWaiting(facts, claimed);
    return forsakenItem(facts, claimed);
  },
  signs: (facts) => signsOfWaiting(facts, isMine),
  fix(_facts, { accept_until_users }) {
    return accept_until_users === 0 ? undefined : change('accept_until_users', accept_until_users, 0);
  },
};

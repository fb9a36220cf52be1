import { type Cause, change, together, WITH_A_TENTH } from './shared/cause.ts';
import { heldOffBy, heldOffItem, heldOffWindowMs } from './shared/gateway-lets-wait.ts';
import { claimsWaiter, judgeWaiting, type Mine, signsOfWaiting } from './shared/idle-server.ts';

const isMine: Mine = ({ kind }) => kind === 'one for each';

export const concurrencyLimit: Cause = {
  id: 'concurrency-limit',
  title:
    'the gateway serves a fixed number of users at once (max_served); every further user waits until one leaves',
  toldBy: 'gateway',
  looksLike: 'users wait for an idle server: a fixed number is served, and one more for each that leaves',
  under: 'app-timeout-or-panic',
  after: [{ id: 'fd-exhaustion' }],
  scenario: { max_served: 100, users: 200, connect_timeout_ms: 2000, rounds: 0 },
  claims(user, facts) {
    return facts.outside ? claimsWaiter(user, facts, isMine) : heldOffBy(user, facts);
  },
  windowMs: heldOffWindowMs,
  judge(facts, claimed) {
    if (facts.outside) return judgeWaiting(facts, claimed);
    return heldOffItem(facts, claimed);
  },
  signs: (facts) => signsOfWaiting(facts, isMine),
  fix(_facts, { max_served, users }) {
    if (max_served === 0) return undefined;
    return together([change('max_served', max_served, Math.ceil(users * WITH_A_TENTH))]);
  },
};

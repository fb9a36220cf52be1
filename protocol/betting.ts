/** The betting protocol: JSON text messages over one WebSocket. Both sides import it, in k6's runtime as well. */

export interface BettingOpen {
  type: 'betting-open';
  round: number;
  closesInMs: number;
  /** Means nothing: it makes the message as long as BROADCAST_KB asks for. */
  pad?: string;
}

export interface BettingClosed {
  type: 'betting-closed';
  round: number;
}

export interface Result {
  type: 'result';
  round: number;
  winner: number;
}

export type BetRejectReason = 'no-round-open' | 'wrong-round' | 'bad-bet';

export interface BetAck {
  type: 'bet-ack';
  id: string;
  round: number;
}

export interface BetReject {
  type: 'bet-reject';
  id: string | null;
  reason: BetRejectReason;
}

/** What the gateway sends. */
export type GatewayMessage = BettingOpen | BettingClosed | Result | BetAck | BetReject;

/** What a robot sends. The id is the robot's own; sent twice, it is acked twice and recorded once. */
export interface Bet {
  type: 'bet';
  id: string;
  round: number;
  amount: number;
}

/** The path that a WebSocket upgrade must ask for. */
export const PATH = '/bets';

/** What the gateway sends, from its text; undefined for what is no message. */
export function parseMessage(text: string): GatewayMessage | undefined {
  try {
    const message = JSON.parse(text);
    return typeof message?.type === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

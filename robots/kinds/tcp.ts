import type { Answer, Kind } from './kind.ts';

/** Nothing but a connection: open once connected. Whatever the server sends is taken and not looked at. */
export class TcpKind implements Kind {
  readonly waitsFor = 'the TCP handshake';

  request(): undefined {
    return undefined;
  }

  requestAgain(): undefined {
    return undefined;
  }

  answer(): Answer {
    return { is: 'answered', rest: 0 };
  }

  heard(): void {}

  // It was to stay open: a server that closes a user who asked for nothing has not served it.
  servedAtEof(): boolean {
    return false;
  }

  goodbye(): undefined {
    return undefined;
  }
}

import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { defined } from '../../../common/defined.ts';
import { CannotRunError, messageOf, UsageError } from '../../../common/errors.ts';
import { newLabel } from '../label.ts';
import { endAll, startProcess } from '../processes.ts';
import type { Part } from '../runtime.ts';
import { followPipe } from './follow-pipe.ts';
import { LineBatch } from './line-batch.ts';
import type { MemberSettings } from './member-settings.ts';
import type { Hello, Program, ToLab, ToMember } from './messages.ts';
import { ownAddresses } from './own-addresses.ts';
import { qdiscsInPlace } from './qdiscs.ts';
import { SILENT_MS } from './ws-wire.ts';

/** The lab begins to listen when all containers have started, some of which may wait for an image. */
const COME_MS = 120_000;
const RETRY_MS = 100;

/**
 * Joins the lab's channel and takes its orders until it says that no more come, the signal is aborted or the lab is lost; then everything that
 * was started has ended. Throws UsageError when the lab does not take the token, CannotRunError when it cannot be reached, or is lost.
 */
export async function beMember(settings: MemberSettings, signal: AbortSignal): Promise<void> {
  const socket = await join(settings, signal);
  if (socket === undefined) return;
  const member = new Orders(socket, settings);
  member.send(await hello(settings));
  const why = await member.over(signal);
  await member.end();
  if (settings.end !== undefined) letGatewayGo(settings.end);
  if (why !== undefined) throw new CannotRunError(`the lab at ${settings.lab} was lost: ${why}`);
}

/** Undefined: the signal came first. */
async function join({ lab, token }: MemberSettings, signal: AbortSignal): Promise<WebSocket | undefined> {
  const until = performance.now() + COME_MS;
  for (;;) {
    const socket = new WebSocket(`ws://${lab}/`, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      handshakeTimeout: SILENT_MS,
    });
    try {
      await once(socket, 'open', { signal });
      return socket;
    } catch (error) {
      if (signal.aborted) {
        socket.on('error', () => {}).terminate();
        return undefined;
      }
      const why = messageOf(error);
      if (why.endsWith(' 401'))
        throw new UsageError(
          `CHANNEL_TOKEN: the lab at ${lab} does not know this token; allowed: that of this lab`,
        );
      if (performance.now() >= until)
        throw new CannotRunError(`the lab at ${lab} cannot be reached after ${COME_MS / 1000} s: ${why}`);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

async function hello({ kind, number, where }: MemberSettings): Promise<Hello> {
  return {
    say: 'hello',
    member: kind,
    ...defined({ number, where }),
    host: hostname(),
    addresses: ownAddresses(),
    qdiscs: kind === 'gateway' ? await qdiscsInPlace() : {},
  };
}

/** Carries out what the lab says. */
class Orders {
  readonly #socket: WebSocket;
  readonly #settings: MemberSettings;
  readonly #parts = new Map<number, Part>();
  readonly #over = Promise.withResolvers<string | undefined>();

  constructor(socket: WebSocket, settings: MemberSettings) {
    this.#socket = socket;
    this.#settings = settings;
    let heard = performance.now();
    const hear = () => {
      heard = performance.now();
    };
    const look = setInterval(() => {
      if (performance.now() - heard < SILENT_MS) return;
      this.#over.resolve(`no sign of life for ${SILENT_MS / 1000} s`);
      socket.terminate();
    }, RETRY_MS);
    socket
      .on('ping', hear)
      .on('message', (data) => {
        hear();
        this.#carryOut(JSON.parse(data.toString()) as ToMember);
      })
      .on('error', () => {})
      .on('close', () => {
        clearInterval(look);
        this.#over.resolve('its connection ended');
      });
  }

  send(message: ToLab): void {
    this.#socket.send(JSON.stringify(message), () => {});
  }

  /** Why the lab was lost; undefined: it said that no more orders come, or the signal came. */
  async over(signal: AbortSignal): Promise<string | undefined> {
    signal.addEventListener('abort', () => this.#over.resolve(undefined));
    if (signal.aborted) return undefined;
    return this.#over.promise;
  }

  /** Ends everything that was started, and what is told of it goes out. */
  async end(): Promise<void> {
    await endAll(this.#parts.values());
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.close();
    await Promise.race([once(this.#socket, 'close'), sleep(1000)]);
  }

  #carryOut(order: ToMember): void {
    switch (order.say) {
      case 'time': {
        const received = Date.now();
        this.send({ say: 'time', id: order.id, received, sent: Date.now() });
        break;
      }
      case 'end':
        this.#over.resolve(undefined);
        break;
      case 'start':
        this.#start(order.part, order.program);
        break;
      case 'follow':
        this.#follow(order.part);
        break;
      case 'signal':
        void this.#parts.get(order.part)?.signal(order.name);
        break;
      case 'line':
        this.#parts.get(order.part)?.say?.(order.text);
        break;
    }
  }

  #start(part: number, program: Program): void {
    const batch = new LineBatch((lines) => this.send({ say: 'lines', part, lines }));
    const started = startProcess({ ...program, onLine: (line) => batch.add(line) }, newLabel(), []);
    this.#watch(part, started, batch);
  }

  #follow(part: number): void {
    const { lines } = this.#settings;
    const batch = new LineBatch((some) => this.send({ say: 'lines', part, lines: some }));
    try {
      this.#watch(
        part,
        followPipe(lines, (line) => batch.add(line)),
        batch,
      );
    } catch (error) {
      this.send({ say: 'ended', part, ending: { code: 2, signal: null, output: messageOf(error) } });
    }
  }

  #watch(part: number, started: Part, batch: LineBatch): void {
    this.#parts.set(part, started);
    started.ended
      .catch((error) => ({ code: 3, signal: null, output: messageOf(error) }))
      .then((ending) => {
        batch.flush();
        this.#parts.delete(part);
        this.send({ say: 'ended', part, ending });
      });
  }
}

/** Its container stays for those who look into it: they have. */
function letGatewayGo(pipe: string): void {
  try {
    const open = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(open, 'end\n');
    closeSync(open);
  } catch {
    // Nobody waits at the other end: it goes by itself.
  }
}

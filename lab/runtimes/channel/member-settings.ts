import { UsageError } from '../../../common/errors.ts';
import { MEMBER_KINDS, type MemberKind } from './messages.ts';

/** What a member of the channel is told by its environment. */
export interface MemberSettings {
  /** CHANNEL: where the lab listens, `lab:7000`. */
  lab: string;
  /** CHANNEL_TOKEN. */
  token: string;
  /** MEMBER. */
  kind: MemberKind;
  /** MEMBER_NUMBER: which of its kind, from 1 as Swarm counts; here from 0. Absent: any. */
  number?: number;
  /** MEMBER_NODE: the machine; absent: the lab's own. */
  where?: string;
  /** GATEWAY_LINES: the pipe that the gateway of this container writes to, which somebody else has started; absent: there is none. */
  lines?: string;
  /** GATEWAY_END: the pipe by which its container is told that it is no longer wanted. */
  end?: string;
}

/** Reads them. Throws UsageError, one line. */
export function readMemberSettings(env: NodeJS.ProcessEnv): MemberSettings {
  const need = (name: string, allowed: string) => {
    const value = env[name];
    if (!value) throw new UsageError(`${name}: is not set; allowed: ${allowed}`);
    return value;
  };
  const lab = need('CHANNEL', "host:port of the lab's channel");
  if (!/^[^:/\s]+:\d{1,5}$/.test(lab)) throw new UsageError(`CHANNEL=${lab}: allowed: host:port`);
  const kind = MEMBER_KINDS.find((one) => one === env.MEMBER);
  if (kind === undefined)
    throw new UsageError(`MEMBER=${env.MEMBER ?? ''}: allowed: ${MEMBER_KINDS.join(', ')}`);
  const { MEMBER_NUMBER: number, MEMBER_NODE: where, GATEWAY_LINES: lines, GATEWAY_END: end } = env;
  if (number && !/^[1-9]\d{0,5}$/.test(number))
    throw new UsageError(`MEMBER_NUMBER=${number}: allowed: a whole number from 1`);
  return {
    lab,
    token: need('CHANNEL_TOKEN', "the token of the lab's channel"),
    kind,
    ...(number && { number: Number(number) - 1 }),
    ...(where && { where }),
    ...(lines && { lines }),
    ...(end && { end }),
  };
}

/** The first process of a container that takes orders over the channel. Its environment: MemberSettings (member-settings.ts). */

import { endChildren } from '../../../common/children.ts';
import { tell } from '../../../common/tell.ts';
import { beMember } from './member.ts';
import { readMemberSettings } from './member-settings.ts';

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort()).on('SIGINT', () => stop.abort());
process.on('exit', endChildren);
try {
  await beMember(readMemberSettings(process.env), stop.signal);
  process.exit(0);
} catch (error) {
  process.exit(tell(error, 'channel'));
}

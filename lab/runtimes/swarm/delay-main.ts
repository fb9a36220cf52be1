/**
 * Before a gateway's member, as root: delays what its container sends on the network of the users. ARENA: that network's subnet;
 * LINK_DELAY_MS: by how much.
 */
import { CannotRunError } from '../../../common/errors.ts';
import { tell } from '../../../common/tell.ts';
import { ownAddresses } from '../channel/own-addresses.ts';
import { delayLocally } from '../link-delay.ts';
import { placeIn } from './subnet.ts';

const { ARENA = '', LINK_DELAY_MS } = process.env;
try {
  const place = placeIn(ARENA, ownAddresses());
  if (place === undefined) throw new CannotRunError(`ARENA=${ARENA}: this container has no address in it`);
  await delayLocally([], place.device, Number(LINK_DELAY_MS));
} catch (error) {
  process.exit(tell(error, 'link delay'));
}

import { z } from 'zod';
import type { PartsDocument } from '../run/parts-document.ts';
import { clocks } from './other-machines.ts';
import { schemaOf } from './same-type.ts';
import { threshold } from './shared-parts.ts';
import { at, count, ms } from './words.ts';

const users = z.object({ asked: count, open: count, failed: count });

/** Of verdict.json: each gateway and each fleet of a run with several. */
export const parts = schemaOf<PartsDocument>()(
  z.object({
    gateways: z.array(
      z.object({
        number: count.describe('From 1.'),
        users,
        bets: z.object({ placed: count, acked: count, recorded: count, lost: count, doubled: count }),
        threshold,
        nofile: count.optional(),
        descriptorsAtRest: count.optional(),
        rss: count.optional().describe('The most memory that its process had, bytes.'),
        ledger: z.object({
          connections: count.describe('Told of.'),
          lost: count.describe('Events and connections that its witnesses lost.'),
        }),
      }),
    ),
    fleets: z.array(
      z
        .object({
          gateway: count,
          source: count,
          from: z.number().int().describe('Number of the first user.'),
          to: z.number().int().describe('Number of the last user.'),
          users,
          firstConnectAt: at.optional().describe("When the first of them connected, by the lab's clock."),
          lastConnectAt: at.optional().describe('When the last of them did.'),
        })
        .describe('The users who go from one source to one gateway.'),
    ),
    skewMs: ms.optional().describe('So far apart are the first connects of the fleets, ms.'),
    clocks: clocks.optional(),
  }),
).meta({ id: 'parts', description: 'What each gateway and each fleet did; absent: there is one of each.' });

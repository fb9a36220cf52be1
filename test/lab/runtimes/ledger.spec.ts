import { native } from '../../../lab/runtimes/native.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { tellsInTime } from './told-in-time.ts';

for (const [name, runtime] of Object.entries({ netns, native })) tellsInTime(name, runtime);

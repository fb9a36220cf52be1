import { thisHost } from '../../system/host.ts';

/** The observer of the platform it runs on: see linux/observer.ts and darwin/observer.ts. Both write the lines of protocol/observer-events.ts. */
if (thisHost.platform === 'darwin') await import('./darwin/observer.ts');
else await import('./linux/observer.ts');

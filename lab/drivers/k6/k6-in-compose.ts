/** The service `k6` of docker-compose.yml: carries out the lab's orders, as the service `robots` does. */
import { mkdirSync } from 'node:fs';
import { programAt } from '../../../common/own-files.ts';
import { followOrders } from '../../../robots/orders.ts';

const MAIN = programAt('lab/drivers/k6/k6-main.ts');

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort()).on('SIGINT', () => stop.abort());
const folder = process.env.ORDERS_DIR ?? '/exchange/k6';
// The lab, another user perhaps, leaves its orders here.
process.umask(0);
mkdirSync(folder, { recursive: true, mode: 0o777 });
await followOrders(folder, process.env, stop.signal, MAIN);
process.exit(0);

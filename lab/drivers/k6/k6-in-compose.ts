/** The service `k6` of docker-compose.yml: carries out the lab's orders, as the service `robots` does. */
import { programAt } from '../../../common/own-files.ts';
import { followOrders } from '../../../robots/orders.ts';

const MAIN = programAt('lab/drivers/k6/k6-main.ts');

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort()).on('SIGINT', () => stop.abort());
await followOrders(process.env.ORDERS_DIR ?? '/exchange', 'k6', process.env, stop.signal, MAIN);
process.exit(0);

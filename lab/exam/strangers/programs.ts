import type { Program } from './program.ts';
import { apacheEvent, apachePrefork } from './programs/apache.ts';
import { haproxy } from './programs/haproxy.ts';
import { jetty } from './programs/jetty.ts';
import { lighttpd } from './programs/lighttpd.ts';
import { memcached } from './programs/memcached.ts';
import { mosquitto } from './programs/mosquitto.ts';
import { nats } from './programs/nats.ts';
import { nginx, nginxProxy } from './programs/nginx.ts';
import { fastify, httpServer } from './programs/npm.ts';
import { php } from './programs/php.ts';
import { postgres } from './programs/postgres.ts';
import { puma } from './programs/puma.ts';
import { gunicornSync, gunicornThreads, uvicorn, waitress } from './programs/python.ts';
import { redis } from './programs/redis.ts';
import { yaws } from './programs/yaws.ts';

/** Every program that the exam of strangers knows. */
export const PROGRAMS: readonly Program[] = [
  nginx,
  nginxProxy,
  apachePrefork,
  apacheEvent,
  lighttpd,
  haproxy,
  postgres,
  redis,
  memcached,
  mosquitto,
  nats,
  gunicornSync,
  gunicornThreads,
  uvicorn,
  waitress,
  puma,
  php,
  httpServer,
  fastify,
  jetty,
  yaws,
];

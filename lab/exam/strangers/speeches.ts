import type { Speech } from './plan.ts';

/** HTTP/1.1; the connection stays. */
export const HTTP: Speech = {
  ask: 'GET / HTTP/1.1\r\nHost: stranger\r\n\r\n',
  answer: '^HTTP/1\\.[01] 200[^]*\\r\\n\\r\\n',
};

/** Of a server that closes after each answer. */
export const HTTP_ONCE: Speech = { ...HTTP, once: true };

export const REDIS: Speech = { ask: 'PING\r\n', answer: '^\\+PONG' };

export const MEMCACHED: Speech = { ask: 'version\r\n', answer: '^VERSION' };

/** MQTT 3.1.1: CONNECT of a clean session without a keep-alive, and PINGREQ. */
export const MQTT: Speech = {
  hello: '\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00',
  welcome: '^\\x20\\x02\\x00\\x00',
  ask: '\xc0\x00',
  answer: '\\xd0\\x00',
};

/** The same with a keep-alive of one second, which the server holds the client to. */
export const MQTT_KEPT: Speech = { ...MQTT, hello: '\x10\x0c\x00\x04MQTT\x04\x02\x00\x01\x00\x00' };

/** PostgreSQL's protocol 3.0: the start of a session, and a query (an answer ends with ReadyForQuery). */
export const POSTGRES: Speech = {
  hello: startup({ user: 'stranger', database: 'postgres' }),
  welcome: 'Z\\x00\\x00\\x00\\x05I$',
  ask: message('Q', 'SELECT 1\0'),
  answer: 'Z\\x00\\x00\\x00\\x05I$',
};

export const NATS: Speech = {
  welcome: '^INFO ',
  ask: 'CONNECT {"verbose":false}\r\nPING\r\n',
  answer: 'PONG\\r\\n',
};

function startup(values: Record<string, string>): string {
  const text = `${Object.entries(values).flat().join('\0')}\0\0`;
  return `${int32(text.length + 8)}\x00\x03\x00\x00${text}`;
}

function message(type: string, text: string): string {
  return `${type}${int32(text.length + 4)}${text}`;
}

function int32(value: number): string {
  return String.fromCharCode((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

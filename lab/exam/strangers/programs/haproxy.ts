import type { Program } from '../program.ts';
import { handshake, idle, ofAny, upstreamDown, upstreamFull, upstreamPorts, waits } from '../situations.ts';
import { HTTP } from '../speeches.ts';

export const haproxy: Program = {
  name: 'haproxy',
  language: 'C',
  source: { debian: { packages: ['haproxy'], command: 'haproxy' } },
  kind: 'http',
  speech: HTTP,
  recipe({ port, folder, neighbour, set }) {
    const {
      maxconn = 500,
      'timeout client': client = '30s',
      'timeout http-request': request,
      behind = 1,
    } = set;
    const conf = [
      'global\n  nbthread 1\n  maxconn 1000\n  log stderr format raw local0 err',
      'defaults\n  mode http\n  timeout connect 1s\n  timeout server 30s\n  retries 0',
      `  timeout client ${client}\n  timeout http-keep-alive ${client}`,
      ...(request === undefined ? [] : [`  timeout http-request ${request}`]),
      `frontend f\n  bind *:${port}\n  maxconn ${maxconn}\n  default_backend b`,
      `backend b\n  server s 127.0.0.1:${neighbour + Number(behind)}\n`,
    ];
    return {
      argv: ['haproxy', '-db', '-f', `${folder}/haproxy.cfg`],
      files: { 'haproxy.cfg': conf.join('\n') },
    };
  },
  situations: [
    ...ofAny(),
    waits(20, { maxconn: 20 }),
    idle({ 'timeout client': '1500ms' }),
    handshake({ 'timeout http-request': '1500ms' }),
    upstreamDown({ behind: 4 }),
    upstreamFull({ behind: 2 }),
    upstreamPorts({ behind: 3 }),
  ],
};

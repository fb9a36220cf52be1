import type { Program } from '../program.ts';
import { cap, idle, nofile, ofAny } from '../situations.ts';
import { MQTT, MQTT_KEPT } from '../speeches.ts';

export const mosquitto: Program = {
  name: 'mosquitto',
  language: 'C',
  source: { debian: { packages: ['mosquitto'], command: 'mosquitto' } },
  kind: 'tcp',
  speech: MQTT,
  recipe({ port, folder, set }) {
    const lines = Object.entries(set).map(([name, value]) => `${name} ${value}`);
    const conf = [`listener ${port} 0.0.0.0`, 'allow_anonymous true', 'log_dest stderr', ...lines];
    return {
      argv: ['mosquitto', '-c', `${folder}/mosquitto.conf`],
      files: { 'mosquitto.conf': `${conf.join('\n')}\n` },
    };
  },
  situations: [
    ...ofAny(),
    cap(30, { max_connections: 30 }),
    // The last one goes to the connection, and there is none for /etc/hosts.allow.
    nofile(60, { log: /socket count has been exceeded|denied access by tcpd/ }),
    // Half as long again as the client said.
    idle(undefined, { speech: MQTT_KEPT }),
  ],
};

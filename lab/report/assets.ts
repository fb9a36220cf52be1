import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PACKAGED, PROJECT_ROOT } from '../../common/own-files.ts';

/** In the order in which they need each other; in the package they are one. */
const CLIENT = PACKAGED
  ? ['main.js']
  : ['theme.js', 'numbers.js', 'draw.js', 'options.js', 'keys.js', 'main.js'];

/** A text of the page, and what the Content-Security-Policy calls it. */
interface Asset {
  text: string;
  hash: string;
}

/** The page's one style sheet: uPlot's and ours. */
export function styleSheet(): Asset {
  return asset(`${uplotFile('uPlot.min.css')}\n${clientFile('style.css')}`);
}

/** The page's one script: uPlot and client/, whose modules are joined by leaving out their imports and exports. */
export function script(): Asset {
  const modules = CLIENT.map((file) => asPlainScript(clientFile(file)));
  return asset(`${uplotFile('uPlot.iife.min.js')}\n(() => {\n'use strict';\n${modules.join('\n')}\n})();\n`);
}

/** Takes a module's imports and exports away; what it imports must stand before it in the same scope. */
function asPlainScript(module: string): string {
  return module.replace(/^import [^;]*;\n/gm, '').replace(/^export /gm, '');
}

function asset(text: string): Asset {
  // The end of a script or a style may not stand in it.
  const safe = text.replaceAll('</', '<\\/');
  return { text: safe, hash: `'sha256-${createHash('sha256').update(safe).digest('base64')}'` };
}

function clientFile(name: string): string {
  return readFileSync(join(PROJECT_ROOT, 'lab/report/client', name), 'utf8');
}

function uplotFile(name: string): string {
  // The package names no exports: its main file, which stands beside the others, is what can be resolved.
  const main = createRequire(import.meta.url).resolve('uplot');
  return readFileSync(join(dirname(main), name), 'utf8');
}

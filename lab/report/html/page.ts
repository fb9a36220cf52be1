import { script, styleSheet } from '../assets.ts';
import type { Chart } from '../chart.ts';
import { type Html, html, raw, scriptJson } from './tagged-html.ts';

/**
 * One file that needs no network: style, script and data stand in it, and its policy lets nothing else in. Without
 * script everything but the charts is there.
 */
export function page({ title, body, charts }: { title: string; body: Html; charts: Chart[] }): string {
  const style = styleSheet();
  const code = script();
  const policy = `default-src 'none'; style-src ${style.hash}; script-src ${code.hash}; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="resetlab">
<title>${title}</title>
<style>${raw(style.text)}</style>
</head>
<body>
<main>
${body}
</main>
<script type="application/json" id="charts">${scriptJson(charts)}</script>
<script>${raw(code.text)}</script>
</body>
</html>
`.text;
}

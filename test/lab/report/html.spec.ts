import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { script, styleSheet } from '../../../lab/report/assets.ts';
import { sweepChart } from '../../../lab/report/data/sweep-chart.ts';
import { html, scriptJson } from '../../../lab/report/html/tagged-html.ts';
import { reportHtml, sweepHtml, thresholdsHtml } from '../../../lab/report/pages.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { verdictDocument } from '../../../lab/run/verdict-document.ts';
import type { SweepCell } from '../../../lab/sweep/sweep-document.ts';
import { synthesise } from '../verdict/synthetic.ts';
import { manyConnections, watched } from './diagnosis.ts';
import { inThisOrder, textOf } from './order.ts';
import { thresholds } from './tools.ts';

const nasty = fc.string({
  unit: fc.constantFrom('<', '>', '/', '"', "'", '`', '&', '-', '!', '\u2028', 's', 'c'),
});

describe('html', () => {
  it('escapes what is no markup, wherever it stands', () => {
    fc.assert(
      fc.property(nasty, nasty, (text, attribute) => {
        const made = html`<p title="${attribute}">${[text, html`<b>${text}</b>`]}</p>`.text;
        const [, inside = ''] = /^<p title="([^"<>]*)">[^<>]*<b>[^<>]*<\/b><\/p>$/.exec(made) ?? [];
        assert.equal(
          inside.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)),
          attribute,
        );
      }),
    );
  });

  it('leaves out what is not there, but not 0', () => {
    assert.equal(html`${null}${undefined}${false}${0}`.text, '0');
  });

  it('embeds JSON that nothing can end, and that is the same JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nasty), (data) => {
        const { text } = scriptJson(data);
        assert.doesNotMatch(text, /[<>\u2028\u2029]/);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(data)));
      }),
    );
  });
});

describe('the assets of a report', () => {
  it('are one script without imports, and one style sheet, both uPlot and ours', () => {
    assert.doesNotThrow(() => new Function(script().text));
    assert.doesNotMatch(script().text, /^(import|export) /m);
    for (const { text } of [script(), styleSheet()]) assert.doesNotMatch(text, /<\//);
    assert.match(styleSheet().text, /\.u-legend.*prefers-color-scheme/s);
  });
});

describe('report.html', () => {
  const evidence = synthesise(
    {
      descriptors: 'full',
      overflows: 10,
      abort: 0,
      drops: 0,
      gateway: 'alive',
      loopMs: 30,
      betting: 'herd',
      failed: [{ users: 12_000, outcome: 'reset', stage: 'upgrade', afterBet: false, late: false }],
    },
    1,
  );
  const document = verdictDocument('big', judgeEach([evidence]), null, null);
  const page = reportHtml(document, [evidence], [evidence]);

  it('of many users is small, and has their exact numbers', () => {
    const { asked, open, failed } = document.users;
    assert.ok(asked > 13_000);
    assert.ok(page.length < 400_000, `${page.length} bytes`);
    const charts = JSON.parse(/id="charts">(.*?)<\/script>/s.exec(page)?.[1] ?? '') as Chart[];
    const last = charts[0]?.series.map(({ values }) => values.at(-1));
    assert.deepEqual(last, [asked, open, failed]);
    for (const text of [`${failed} of ${asked} users failed`, `${failed} × reset in upgrade`])
      assert.ok(page.includes(text), text);
    const histogram = charts.find(({ id }) => id === 'connect')?.series[0]?.values ?? [];
    assert.equal(
      histogram.reduce((sum, count) => sum + count, 0),
      open,
      'all that connected',
    );
  });

  it('has the answer first, then the numbers, why, what was ruled out, what comes next, and then the rest', () => {
    inThisOrder(page, [
      `<h1>fd-exhaustion: ${document.users.failed} of`,
      'class="answer"',
      'class="tiles"',
      '<h2>Why</h2>',
      '<h2>Ruled out</h2>',
      '<h2>Next</h2>',
      '<h2>What happened</h2>',
      '<h2>Settings</h2>',
    ]);
    assert.match(
      page,
      /<dt>Cause<\/dt><dd><b>fd-exhaustion<\/b>: the gateway has .* <b class="figure">12000 of 12000 failures \(100\u00a0%\)<\/b>/,
    );
    assert.match(
      page,
      /<th[^>]*>evidence<\/th><th[^>]*>before<\/th><th[^>]*>after<\/th><th[^>]*>limit<\/th><th[^>]*>source</,
    );
  });

  it('says whether the fix was proven', () => {
    const users = { asked: 10, open: 9, failed: 1, by: [] };
    const fixed = (verified: boolean) =>
      reportHtml({ ...document, fix: { change: 'nofile 1 → 2', verified, users } }, [evidence], undefined);
    const [yes, no] = [
      '<b class="figure">✓ verified</b>: same load again',
      '<b class="figure">✗ did not help</b>',
    ];
    assert.deepEqual(
      [true, false].map((one) => [fixed(one).includes(yes), fixed(one).includes(no)]),
      [
        [true, false],
        [false, true],
      ],
    );
  });

  it('has the words of the terminal', () => {
    assert.doesNotMatch(textOf(page), /\b(?:refuted|insufficient-data|as asked)\b|\bexplains \d/);
    assert.doesNotMatch(page, />(?:asked|explains)</);
    assert.match(textOf(page), /ruled out\s+loopback-interface/);
  });

  it('shows the ledger of a run, or says in a line that there is none', () => {
    assert.match(page, /No ledger, so no waits and no ages: no witness told of single connections\./);
    const told = { ...evidence, ledger: watched(manyConnections(50)).ledger };
    const shown = reportHtml(document, [told], undefined);
    assert.match(shown, /50 connections, of which 0 were still open/);
    for (const id of ['waits', 'ages-server', 'silences'])
      assert.ok(shown.includes(`class="chart" id="${id}"`), id);
  });

  it('has the status and the first words of the server where users had them, and no empty columns where not', () => {
    assert.doesNotMatch(page, /<th[^>]*>(status|the server said)</);
    const by = [
      { outcome: 'open', stage: 'open', errno: null, count: 5 },
      {
        outcome: 'protocol',
        stage: 'upgrade',
        errno: null,
        status: 503,
        said: 'HTTP/1.1 503 <full>',
        count: 2,
      },
    ] as const;
    const users = { ...document.users, by: [...by] };
    const shown = reportHtml({ ...document, users }, [evidence], undefined);
    assert.match(shown, /<td class="t">503<\/td>/);
    assert.match(shown, /<code>HTTP\/1\.1 503 &#60;full&#62;<\/code>/);
    assert.match(shown, /<th[^>]*>the server said</);
  });

  it('takes nothing from anywhere', () => {
    assert.deepEqual(addresses(page), []);
    // The test of the test: each way to name an address is seen.
    for (const taken of [
      ...['<img src="//host/a.png">', "<img src='a.png'>", '<script src=a.js>', '<a HREF = "http://host">'],
      ...['<img srcset="a.png 2x">', '<form action="/a">', '<body background=a.png>', '<video poster=a>'],
      ...['<p style="background: url(a)">', '<style>@import "a";</style>', '<style>@import url(a)</style>'],
      ...['<script>fetch("a")</script>', '<script>new WebSocket ("a")</script>'],
      ...['<script>import("a")</script>', '<meta http-equiv="refresh" content="0; //host">'],
    ])
      assert.equal(addresses(taken).length, 1, taken);
    assert.deepEqual(addresses('<a href="#causes">'), []);
  });

  it('has a policy that lets in its own style and script, and nothing else', () => {
    const [, policy = '', after = ''] =
      /http-equiv="Content-Security-Policy" content="([^"]*)">(.*)/s.exec(page) ?? [];
    const hashOf = (tag: string) => {
      const [inside, ...more] = [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(
        ([, text = '']) => text,
      );
      assert.deepEqual(more, [], `one <${tag}>`);
      return `'sha256-${createHash('sha256')
        .update(inside ?? '')
        .digest('base64')}'`;
    };
    assert.deepEqual(policy.split('; ').toSorted(), [
      "base-uri 'none'",
      "default-src 'none'",
      "form-action 'none'",
      `script-src ${hashOf('script')}`,
      `style-src ${hashOf('style')}`,
    ]);
    // What stands before a policy is not under it.
    assert.equal(after.match(/<(style|script)\b/g)?.length, page.match(/<(style|script)\b/g)?.length);
  });

  it('names every setting that was asked for', () => {
    for (const name of Object.keys(evidence.asked)) assert.ok(page.includes(`>${name}</code>`), name);
  });

  it('never shows a predicted number as a measured one', () => {
    const rows = thresholdsHtml(thresholds(['64', '128']));
    assert.match(rows, /<b>40<\/b><\/td><td class="n"><i class="predicted">40<\/i>/);
  });

  it('is made of nothing as well: no user, no point, no cell', () => {
    const empty = {
      ...evidence,
      observer: { series: [] },
      gateway: { samples: [], closes: [], rounds: [], errors: [], restarts: [] },
    };
    const none = { ...empty, fleet: { users: [], phases: [], progress: [] } };
    assert.match(reportHtml(document, [none], undefined), /<h1>/);
    assert.match(thresholdsHtml(thresholds([])), /No value was measured/);
    const { host } = document;
    assert.match(
      sweepHtml({ schema: 1, name: 'none', complete: false, host, cells: [], path: null }),
      /0 cells/,
    );
  });
});

describe('the chart of a sweep', () => {
  const host = { os: 'linux', kernel: '0', node: 'v24' };
  const cell = (varies: SweepCell['varies'], open: number): SweepCell => ({
    id: JSON.stringify(varies),
    varies,
    settings: {},
    users: { asked: 100, open, failed: 100 - open, by: [] },
    runtime: 'netns',
    verdict: null,
    causes: [],
    error: null,
    expected: null,
    wallMs: 1,
  });
  const chartOf = (cells: SweepCell[]) =>
    sweepChart({ schema: 1, name: 's', complete: true, host, cells, path: null });

  it('runs along the number that varies most, with a line for each other combination, in order', () => {
    const cells = [90, 30, 60].flatMap((nofile) =>
      ['a', 'b'].map((betting) => cell({ nofile, betting, users: 100 }, nofile + (betting === 'a' ? 0 : 1))),
    );
    const { chart, left } = chartOf(cells) ?? assert.fail('no chart');
    assert.deepEqual([chart.x.label, chart.x.values, left], ['nofile', [30, 60, 90], 0]);
    assert.deepEqual(
      chart.series.map(({ name, values }) => [name, values]),
      [
        ['open, betting a', [30, 60, 90]],
        ['failed, betting a', [70, 40, 10]],
        ['open, betting b', [31, 61, 91]],
        ['failed, betting b', [69, 39, 9]],
      ],
    );
  });

  it('says how many combinations have no line in it', () => {
    const cells = [1, 2, 3, 4, 5].flatMap((rounds) =>
      [30, 60, 90, 95, 97, 99].map((nofile) => cell({ rounds, nofile }, 1)),
    );
    assert.equal(chartOf(cells)?.left, 2);
  });

  it('is none where no number varies', () => {
    assert.equal(chartOf([cell({ betting: 'a' }, 1), cell({ betting: 'b' }, 1)]), null);
  });
});

/** Whatever in a page may make a browser ask for something: attributes with an address, a style's, a script's. */
function addresses(page: string): string[] {
  const code = [...page.matchAll(/<script>.*?<\/script>/gs)].join('\n');
  const markup = page.replaceAll(/(<script>).*?<\/script>/gs, '$1');
  const attribute =
    /\s(?:src|srcset|href|xlink:href|action|formaction|poster|data|ping|background)\s*=\s*(?!"#|'#)[^\s>]+/gi;
  const others = /\burl\(|@import\b(?!\s+url\()|http-equiv="refresh"/gi;
  const calls = /\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|Worker|import)\s*\(/g;
  return [...(markup.match(attribute) ?? []), ...(markup.match(others) ?? []), ...(code.match(calls) ?? [])];
}

interface Chart {
  id: string;
  series: { values: number[] }[];
}

import { formatDuration } from '../../../core/units.ts';
import type { RunResult } from '../../run-result.ts';
import { PHASE_WORDS } from '../phases.ts';
import { defineReporter, type Reporter, totalsOf } from '../reporter.ts';
import { counts, elapsedWords, reasonOf, scenarios, totalsWords } from '../totals-words.ts';
import { type Html, html } from './escape.ts';
import { markOf, runMood } from './marks.ts';
import { runSection } from './run-section.ts';
import { STYLE } from './style.ts';

/** One file to open in a browser or to attach: no script, nothing loaded from anywhere, light and dark. */
export const reporter = defineReporter({
  name: 'html',
  summary: 'one HTML file with all evidence, to open or to attach',
  create: createHtml,
});

function createHtml(): Reporter {
  const runs: RunResult[] = [];
  return {
    runFinished(run) {
      runs.push(run);
      return undefined;
    },
    finish: () => page(runs).html,
  };
}

function page(runs: readonly RunResult[]): Html {
  const totals = totalsOf(runs);
  const words = counts(totals);
  const started = runs.map(({ started_at }) => started_at).sort()[0];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${totalsWords(runs)} · Ringdown</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<main>
<h1>${scenarios(totals.total)}: ${words.length === 0 ? 'none ran' : words.map(({ words: part, kind }, index) => html`${index > 0 && ', '}<span class="${kind}">${part}</span>`)}</h1>
<p class="soft">${started ? html`Started <time datetime="${started}">${started.slice(0, 19).replace('T', ' ')} UTC</time>, took ${elapsedWords(runs)}.` : 'Nothing was run.'}</p>
${runs.length > 0 && overview(runs)}
${runs.some(({ steps }) => steps.some(({ timings }) => timings !== null)) && legend()}
${runs.map((run, index) => runSection(run, anchorOf(index)))}
</main>
</body>
</html>
`;
}

const anchorOf = (index: number) => `run-${index + 1}`;

function overview(runs: readonly RunResult[]): Html {
  return html`<div class="runs"><table>
<thead><tr><th scope="col">Scenario</th><th scope="col">Environment</th><th scope="col">Result</th><th scope="col" class="number">Attempts</th><th scope="col" class="number">Time</th></tr></thead>
<tbody>
${runs.map(
  (run, index) => html`<tr>
<td><a href="#${anchorOf(index)}">${run.name}</a></td>
<td>${run.environment}</td>
<td class="${runMood(run)}">${markOf(runMood(run))} ${reasonOf(run) ?? (run.degraded ? 'passed, degraded' : 'passed')}</td>
<td class="number">${run.attempts.length || 1}</td>
<td class="number">${formatDuration(run.duration_ms)}</td>
</tr>
`,
)}</tbody>
</table></div>
`;
}

function legend(): Html {
  return html`<ul class="legend" aria-label="Phases of a step">
${Object.entries(PHASE_WORDS).map(
  ([phase, words]) => html`<li><i class="${phase}"></i>${words}</li>
`,
)}</ul>
`;
}

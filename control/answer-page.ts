import { createHash } from 'node:crypto';
import type { LinkAction, LinkView } from '../alerts/inbound/answer-links.ts';
import type { Incident } from '../alerts/incident.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5b6470;--back:#fff;--line:#d5dae0;--alarm:#b3261e;--calm:#1b6e3c;--act:#1f4fbf;--on-act:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a3abb5;--back:#15181c;--line:#363c44;--alarm:#ff8a80;--calm:#7fd6a0;--act:#9db8ff;--on-act:#0d1530}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:36rem;margin:0 auto;padding:1.25rem 1rem 3rem;overflow-wrap:anywhere}
h1{font-size:1.25rem;line-height:1.3;margin:.25rem 0 1rem}
p{margin:.5rem 0}
.state{font-weight:600}.triggered{color:var(--alarm)}.acknowledged{color:var(--act)}.resolved{color:var(--calm)}
.soft{color:var(--soft)}
dl{margin:1rem 0;border-top:1px solid var(--line)}dt{color:var(--soft);font-size:.875rem;padding-top:.6rem}dd{margin:0;padding-bottom:.6rem;border-bottom:1px solid var(--line);white-space:pre-wrap}
button{display:block;width:100%;min-height:3rem;margin:.75rem 0 0;border:1px solid var(--line);border-radius:.5rem;background:transparent;color:inherit;font:inherit;font-weight:600}
button.first{background:var(--act);border-color:var(--act);color:var(--on-act)}
a{color:var(--act)}
`;

/** Of the page alone: no script, nothing from elsewhere, its forms go back to where it came from. */
export const ANSWER_PAGE_HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-robots-tag': 'noindex, nofollow',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

const ACTIONS: Record<LinkAction, string> = {
  acknowledge: 'Acknowledge: I am on it',
  escalate: 'Escalate: tell the next ones now',
  resolve: 'Resolve',
};

/**
 * What a link in a page opens. Readable without a script and on a small screen.
 * @param publicUrl where those who may can sign in
 */
export function answerPage(view: LinkView, publicUrl: string): { status: 200 | 404 | 410 | 503; html: string } {
  switch (view.status) {
    case 'open':
      return { status: 200, html: page(view.incident.title, incident(view)) };
    case 'expired':
      return {
        status: 410,
        html: page('This link has expired', words('Links in pages can be used for seven days.', publicUrl)),
      };
    case 'unwritten':
      return {
        status: 503,
        html: page(
          'It counts, but it could not be written down',
          words(
            'The state database of the watcher does not answer: should the watcher be restarted before it does, this is forgotten, and people are told again. Open the link once more in a while to see what stands.',
            publicUrl,
          ),
        ),
      };
    case 'gone':
      return {
        status: 404,
        html: page('This incident is over', words('It is no longer among those that can be answered.', publicUrl)),
      };
    case 'forged':
      return {
        status: 404,
        html: page(
          'This link is not valid',
          words('It may have been cut on its way: copy the whole of it.', publicUrl),
        ),
      };
  }
}

function words(text: string, publicUrl: string): string {
  return `<p>${escaped(text)}</p><p><a href="${escaped(publicUrl)}/">Sign in to Ringdown</a> to see its incidents.</p>`;
}

function incident({ incident: shown, headline }: Extract<LinkView, { status: 'open' }>): string {
  const meta = `${shown.priority} · ${shown.service} · ${shown.environment}`;
  const facts: [string, string | null][] = [
    ['Server log', shown.cause.server_error],
    ['Since', `${shown.triggered_at.slice(0, 16).replace('T', ' ')} UTC`],
    ['Fails now', `${shown.failing_count} of ${shown.monitors.length}`],
    ['Nobody is told', shown.held?.reason ?? null],
  ];
  const list = facts
    .filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== '')
    .map(([label, text]) => `<dt>${label}</dt><dd>${escaped(text)}</dd>`);
  return `<p>${escaped(headline ?? meta)}</p>
<p class="state ${shown.state}">${escaped(state(shown))}</p>
${buttons(shown)}
<dl>${list.join('')}</dl>
<p><a href="${escaped(shown.url)}">Open the incident</a> <span class="soft">(asks you to sign in)</span></p>`;
}

function state({ state, acknowledged_by, resolved_by }: Incident): string {
  if (state === 'triggered') return 'Open: nobody has acknowledged it yet';
  if (state === 'acknowledged') return acknowledged_by ? `Acknowledged by ${acknowledged_by}` : 'Acknowledged';
  return resolved_by ? `Resolved by ${resolved_by}` : 'Resolved';
}

function buttons({ state, failing_count }: Incident): string {
  if (state === 'resolved') return '';
  const offered: LinkAction[] =
    state === 'triggered' ? ['acknowledge', 'escalate', 'resolve'] : ['escalate', 'resolve'];
  const label = (action: LinkAction) =>
    action === 'resolve' && failing_count > 0
      ? `Resolve, though ${failing_count} still ${failing_count === 1 ? 'fails' : 'fail'}`
      : ACTIONS[action];
  // Without an action of its own the form goes back to this very address.
  const each = offered.map(
    (action, index) =>
      `<button name="action" value="${action}"${index === 0 ? ' class="first"' : ''}>${label(action)}</button>`,
  );
  return `<form method="post">${each.join('')}</form>`;
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex,nofollow"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>${content}</main></body></html>
`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}

import type { Notification } from '../../notifier.ts';
import { defineChannel, STATE_CHANGES } from '../define.ts';

const MARK: Partial<Record<Notification['event'], string>> = {
  'incident.triggered': 'PAGE',
  'incident.escalated': 'PAGE (escalated)',
  'incident.acknowledged': 'ACKNOWLEDGED',
  'incident.resolved': 'RESOLVED',
  test: 'TEST',
};

/** Prints pages where the watcher runs; the channel there is when no other is configured. */
export const channel = defineChannel({
  type: 'console',
  description: "Prints pages to the watcher's own output.",
  settings: {},
  events: STATE_CHANGES,
  create: (_settings, { print }) => ({
    async notify({ event, page }) {
      const facts = page.facts.map(({ label, text }) => `${label}: ${text}`);
      const links = page.links.map(({ label, url }) => `${label}: ${url}`);
      const server = page.server_error ? [`Server: ${page.server_error}`] : [];
      const [first, ...rest] = [`${MARK[event] ?? event}  ${page.headline}`, ...server, ...facts, ...links].map(
        printable,
      );
      const read = print([first, ...rest.map((line) => `  ${line}`)].join('\n'));
      return read
        ? { status: 'accepted' }
        : { status: 'failure', error: new Error('nobody reads the output any more') };
    },
  }),
});

/** Texts come from the service under watch: none may move the cursor or fake a line. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
}

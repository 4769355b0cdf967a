import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { type VendorCall, type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { channel } from './index.ts';

const SIGNATURE = 'canary-sig-0123456789';
const PATH = '/workflows/0123456789abcdef/triggers/manual/paths/invoke';

interface Element {
  type: string;
  style?: string;
  items?: Element[];
  inlines?: { type: string; text: string }[];
}
interface Card {
  type: string;
  version: string;
  body: Element[];
  actions: { type: string; title: string; url: string }[];
}

/** Stand-in for a workflow that posts to Teams: what Power Automate, Teams and the schema of cards refuse. */
function workflow(call: VendorCall) {
  const refused = (status: number, code: string) => ({ status, body: JSON.stringify({ error: { code } }) });
  if (call.path !== PATH) return refused(404, 'WorkflowNotFound');
  if (call.query.get('sig') !== SIGNATURE) return refused(401, 'DirectApiAuthorizationRequired');
  if (Buffer.byteLength(call.body) > 28 * 1024) return refused(413, 'RequestEntityTooLarge');
  const { type, attachments } = JSON.parse(call.body) as {
    type: string;
    attachments: { contentType: string; content: Card }[];
  };
  const [attachment] = attachments;
  const valid =
    type === 'message' &&
    attachments.length === 1 &&
    attachment!.contentType === 'application/vnd.microsoft.card.adaptive' &&
    attachment!.content.type === 'AdaptiveCard' &&
    attachment!.content.body.every(validElement) &&
    attachment!.content.actions.length <= 6 &&
    attachment!.content.actions.every(
      (action) => action.type === 'Action.OpenUrl' && action.title !== '' && URL.canParse(action.url),
    );
  return valid ? { status: 202 } : refused(400, 'BadRequest');
}

function validElement({ type, items = [], inlines = [] }: Element): boolean {
  if (type === 'Container') return items.length > 0 && items.every(validElement);
  return (
    type === 'RichTextBlock' &&
    inlines.length > 0 &&
    inlines.every(({ type, text }) => type === 'TextRun' && text !== '')
  );
}

const settings = (url: string, sig = SIGNATURE) => ({
  name: 'ops',
  type: 'teams',
  url: `${url}${PATH}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${sig}`,
});

describeNotifier({
  channel,
  secrets: [SIGNATURE, '0123456789abcdef'],
  idempotent: true,
  start: () => vendorServer(workflow),
  settings,
  wrongKey: (url) => settings(url, 'wrong'),
});

let server: VendorServer;
beforeEach(async () => {
  server = await vendorServer(workflow);
});
afterEach(() => server.close());

async function posted(
  over: Parameters<typeof notification>[0] = {},
  incident: Parameters<typeof notification>[1] = {},
) {
  await channel.create(settings(server.url), context).notify(notification(over, incident), AbortSignal.timeout(5_000));
  return (JSON.parse(server.accepted.at(-1)!.body) as { attachments: { content: Card }[] }).attachments[0]!.content;
}
const texts = (elements: Element[]): string[] =>
  elements
    .flatMap(({ items = [], inlines = [] }) => [inlines.map(({ text }) => text).join(''), ...texts(items)])
    .filter(Boolean);

test('headline first, in the colour of its state, then the server and the facts', async () => {
  const card = await posted();
  expect(card.body[0]!.style).toBe('attention');
  expect(texts(card.body).slice(0, 3)).toEqual([
    'P1 · Reference API · production · writing a post fails: status 500, expected 201',
    'Server  no such column: author_id',
    'Failing for  40 s, 2 attempts',
  ]);
  expect((await posted({ event: 'incident.resolved' })).body[0]!.style).toBe('good');
});

test('the first button acknowledges', async () => {
  const page = { ...notification().page, answer_url: 'https://ringdown.example.com/a/token' };
  expect((await posted({ page })).actions.map(({ title }) => title)).toEqual([
    'Acknowledge',
    'Incident',
    'Run',
    'Runbook',
  ]);
});

test('a page larger than Teams takes keeps its first facts', async () => {
  const facts = Array.from({ length: 60 }, (_, index) => ({ label: `Fact ${index}`, text: '한'.repeat(900) }));
  const lines = texts((await posted({ page: { ...notification().page, facts } })).body);
  expect(lines.length).toBeGreaterThan(5);
  expect(lines[2]).toMatch(/^Fact 0 /);
});

test('hostile text is neither computed nor markup', async () => {
  const page = { ...notification().page, headline: `${HOSTILE_TEXT} {{DATE(2026-01-01T00:00:00Z)}}` };
  const [headline] = texts((await posted({ page })).body);
  expect(headline).not.toMatch(/\{\{|[\r\n\u001b\u2028]/);
  expect(headline!.isWellFormed()).toBe(true);
});

test('what the service answered stays out of the chat', async () => {
  const cause = { ...notification().incident.cause, message: '$.email is "kim", expected ""', actual: '"kim"' };
  const page = { ...notification().page, headline: 'P1 Shop · write: $.email is "kim", expected ""' };
  expect(JSON.stringify(await posted({ page }, { cause }))).not.toContain('kim"');
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { context, describeNotifier } from '../../testing/describe-notifier.ts';
import { notification } from '../../testing/notification.ts';
import { type VendorCall, type VendorServer, vendorServer } from '../../testing/peers/vendor-server.ts';
import { channel } from './index.ts';

const PATH = '/services/T000/B000/canaryXXXXXXXXXXXX';

interface Block {
  type: string;
  text?: { type: string; text: string };
  fields?: { text: string }[];
  elements?: { url: string; text: { text: string } }[];
}

/** Stand-in for Slack's incoming webhooks, with Block Kit's limits as documented at docs.slack.dev. */
function slack(call: VendorCall) {
  if (call.path !== PATH) return { status: 403, body: 'invalid_token' };
  const { text, blocks, attachments } = JSON.parse(call.body) as {
    text: string;
    blocks?: Block[];
    attachments?: { blocks: Block[] }[];
  };
  if (!text) return { status: 400, body: 'no_text' };
  const all = blocks ?? attachments?.flatMap((attachment) => attachment.blocks) ?? [];
  const valid = all.length <= 50 && all.every(withinLimits);
  const marked = all.flatMap((block) => [block.text, ...(block.fields ?? [])] as { type?: string; text: string }[]);
  const mention = [{ type: 'mrkdwn', text }, ...marked].some(
    (part) => part?.type === 'mrkdwn' && /<!(channel|here|everyone)/.test(part.text),
  );
  return valid && !mention ? { status: 200, body: 'ok' } : { status: 400, body: 'invalid_blocks' };
}

function withinLimits(block: Block): boolean {
  const text = block.text?.text ?? '';
  if (block.type === 'header') return block.text?.type === 'plain_text' && text.length > 0 && text.length <= 150;
  if (block.type === 'section') {
    const fields = block.fields ?? [];
    return text.length <= 3_000 && fields.length <= 10 && fields.every((field) => field.text.length <= 2_000);
  }
  if (block.type === 'actions') {
    return (
      block.elements!.length <= 25 && block.elements!.every((e) => e.url.length <= 3_000 && e.text.text.length <= 75)
    );
  }
  return false;
}

describeNotifier({
  channel,
  secrets: [PATH, 'canaryXXXXXXXXXXXX'],
  idempotent: true,
  start: () => vendorServer(slack),
  settings: (url) => ({ name: 'team', type: 'slack', url: `${url}${PATH}` }),
  wrongKey: (url) => ({ name: 'team', type: 'slack', url: `${url}/services/T000/B000/wrong` }),
});

let server: VendorServer;
beforeEach(async () => {
  server = await vendorServer(slack);
});
afterEach(() => server.close());

test('the first line is the headline, the second the error in the words of the server', async () => {
  const notifier = channel.create({ name: 'team', type: 'slack', url: `${server.url}${PATH}` }, context);
  const page = { ...notification().page, server_error: 'unexpected <html> & more' };
  await notifier.notify(notification({ page }), AbortSignal.timeout(5_000));
  const { text, attachments } = JSON.parse(server.accepted[0]!.body);
  expect(text).toContain('writing a post fails');
  expect(attachments[0].blocks[0].text.text).toContain('P1 · Reference API · production');
  expect(attachments[0].blocks[1].text.text).toBe('*Server* unexpected &lt;html&gt; &amp; more');
});

test('who is called next is told however many facts come before it', async () => {
  const notifier = channel.create({ name: 'team', type: 'slack', url: `${server.url}${PATH}` }, context);
  const facts = Array.from({ length: 12 }, (_, index) => ({ label: `Fact ${index + 1}`, text: 'text' }));
  await notifier.notify(notification({ page: { ...notification().page, facts } }), AbortSignal.timeout(5_000));
  expect(server.accepted[0]!.body).toContain('*Fact 12*');
});

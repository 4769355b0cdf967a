import type { VendorCall, VendorReply } from './vendor-server.ts';

export const BOT_TOKEN = 'xoxb-canary-0123456789';
export const CHANNEL = 'C024BE7LH';
export const HOOK_PATH = '/services/T000/B000/canaryXXXXXXXXXXXX';

interface Text {
  type: string;
  text: string;
  verbatim?: boolean;
}

interface Element {
  type: string;
  text: Text;
  url?: string;
  action_id?: string;
  value?: string;
}

interface Block {
  type: string;
  text?: Text;
  fields?: Text[];
  elements?: Element[];
}

export interface SlackPost {
  ts: string;
  thread_ts?: string;
  reply_broadcast?: boolean;
  text: string;
  blocks?: Block[];
  attachments?: { color: string; blocks: Block[] }[];
  metadata?: { event_type: string; event_payload: Record<string, unknown> };
  edits: number;
}

/** Stand-in for Slack's incoming webhooks, with Block Kit's limits as documented at docs.slack.dev. */
export function slackWebhook(call: VendorCall): VendorReply {
  if (call.path !== HOOK_PATH) return { status: 403, body: 'invalid_token' };
  const message = JSON.parse(call.body) as SlackPost;
  if (!message.text) return { status: 400, body: 'no_text' };
  return fits(message) ? { status: 200, body: 'ok' } : { status: 400, body: 'invalid_blocks' };
}

/** A channel at Slack: what was posted there stays over restarts of ours. */
export interface SlackChannel {
  posts: SlackPost[];
  /** Errors by method, answered with status 200. */
  broken: Partial<Record<string, string>>;
  judge(call: VendorCall): VendorReply;
}

/** Stand-in for the Web API methods that a channel uses. */
export function slackChannel(now: () => number = Date.now): SlackChannel {
  const refuse = (error: string) => ({ status: 200, body: JSON.stringify({ ok: false, error }) });
  const done = (more: object) => ({ status: 200, body: JSON.stringify({ ok: true, ...more }) });
  let sequence = 0;

  function post(args: SlackPost & { channel: string }): VendorReply {
    if (args.channel !== CHANNEL) return refuse('channel_not_found');
    if (!args.text) return refuse('no_text');
    if (!fits(args)) return refuse('invalid_blocks');
    if (args.thread_ts && !there.posts.some(({ ts }) => ts === args.thread_ts)) return refuse('thread_not_found');
    if (args.reply_broadcast && !args.thread_ts) return refuse('invalid_arguments');
    if (JSON.stringify(args.metadata ?? {}).length > 8_000) return refuse('metadata_too_large');
    sequence++;
    const ts = `${Math.floor(now() / 1_000)}.${String(sequence).padStart(6, '0')}`;
    there.posts.push({ ...args, ts, edits: 0 });
    return done({ channel: CHANNEL, ts });
  }

  function update(args: SlackPost & { channel: string }): VendorReply {
    const standing = there.posts.find(({ ts }) => ts === args.ts);
    if (!standing) return refuse('message_not_found');
    if (!args.text) return refuse('no_text');
    if (!fits(args)) return refuse('invalid_blocks');
    // What is not named stays, as at Slack.
    Object.assign(standing, args, { edits: standing.edits + 1 });
    return done({ channel: CHANNEL, ts: args.ts });
  }

  /** Newest first, a page at a time, metadata only when asked for. */
  function read(query: URLSearchParams, thread: string | null): VendorReply {
    if (query.get('channel') !== CHANNEL) return refuse('channel_not_found');
    const limit = Math.min(Number(query.get('limit') ?? 100), 999);
    const from = Number(query.get('cursor') || 0);
    const all = there.posts
      .filter((each) => (thread ? each.ts === thread || each.thread_ts === thread : !each.thread_ts))
      .filter(({ ts }) => Number(ts) >= Number(query.get('oldest') ?? 0))
      .map(({ metadata, ...each }) => (query.get('include_all_metadata') === 'true' ? { ...each, metadata } : each))
      .toReversed();
    const next = from + limit < all.length ? String(from + limit) : '';
    return done({ messages: all.slice(from, from + limit), response_metadata: { next_cursor: next } });
  }

  const there: SlackChannel = {
    posts: [],
    broken: {},
    judge(call) {
      const method = call.path.slice('/api/'.length);
      if (call.headers.authorization !== `Bearer ${BOT_TOKEN}`) return refuse('invalid_auth');
      const broken = there.broken[method];
      if (broken) return refuse(broken);
      if (call.method === 'POST' && call.headers['content-type'] !== 'application/json; charset=utf-8') {
        return refuse('invalid_post_type');
      }
      switch (method) {
        case 'chat.postMessage':
          return post(JSON.parse(call.body));
        case 'chat.update':
          return update(JSON.parse(call.body));
        case 'conversations.history':
          return read(call.query, null);
        case 'conversations.replies':
          return read(call.query, call.query.get('ts') ?? '');
        default:
          return refuse('unknown_method');
      }
    },
  };
  return there;
}

/** Block Kit's limits, and no mention of everybody, nor code that was not meant. */
function fits({ text, blocks, attachments }: Pick<SlackPost, 'text' | 'blocks' | 'attachments'>): boolean {
  const all = blocks ?? attachments?.flatMap((attachment) => attachment.blocks) ?? [];
  const marked = [
    { type: 'mrkdwn', text },
    ...all.flatMap((block) => [...(block.text ? [block.text] : []), ...(block.fields ?? [])]),
  ];
  const mention = marked.some((part) => part.type === 'mrkdwn' && /<[!@#]|`/.test(part.text));
  // What Slack would show, but not as it was meant: an escape torn in two, an address of somebody's as a link.
  const torn = marked.some((part) => part.type === 'mrkdwn' && /&(?!amp;|lt;|gt;)/.test(part.text));
  const linked = marked.slice(1).some((part) => part.type === 'mrkdwn' && !part.verbatim);
  if (torn || linked) return false;
  return all.length <= 50 && all.every(withinLimits) && text.length <= 40_000 && !mention;
}

function withinLimits(block: Block): boolean {
  const text = block.text?.text ?? '';
  if (block.type === 'header') return block.text?.type === 'plain_text' && text.length > 0 && text.length <= 150;
  if (block.type === 'section') {
    const fields = block.fields ?? [];
    if (!block.text && fields.length === 0) return false;
    return text.length <= 3_000 && fields.length <= 10 && fields.every((field) => field.text.length <= 2_000);
  }
  if (block.type !== 'actions') return false;
  const elements = block.elements ?? [];
  const ids = elements.flatMap(({ action_id }) => action_id ?? []);
  return (
    elements.length > 0 &&
    elements.length <= 25 &&
    new Set(ids).size === ids.length &&
    elements.every(
      (each) =>
        each.type === 'button' &&
        each.text.type === 'plain_text' &&
        each.text.text.length <= 75 &&
        (each.url?.length ?? 0) <= 3_000 &&
        (each.value?.length ?? 0) <= 2_000,
    )
  );
}

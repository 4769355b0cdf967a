import type { AnswerReader, ChannelAnswer, ChannelSettings } from '../../notifier.ts';
import { anyEqual, headerValue, isFresh, keyedDigest, malformed, unauthentic } from '../../signatures.ts';
import { ACTIONS, type Action } from './message.ts';

interface Settings extends ChannelSettings {
  signing_secret?: string;
  previous_signing_secret?: string;
}

/** Of `block_actions`: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
interface Interaction {
  type?: unknown;
  user?: { id?: unknown; username?: unknown; name?: unknown } | null;
  actions?: unknown;
}

const MOST_ACTIONS = 10;

/**
 * Buttons: `X-Slack-Signature: v0=<hex HMAC-SHA256 of "v0:timestamp:body">`, five minutes either way.
 * Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export const answers: AnswerReader<Settings> = {
  configured: ({ signing_secret }) => Boolean(signing_secret),

  verify({ signing_secret, previous_signing_secret }, request, now) {
    const signature = headerValue(request, 'x-slack-signature');
    const timestamp = headerValue(request, 'x-slack-request-timestamp');
    if (signature === null || timestamp === null) {
      return unauthentic('X-Slack-Signature or X-Slack-Request-Timestamp is missing');
    }
    if (!/^\d{1,12}$/.test(timestamp) || !isFresh(Number(timestamp) * 1_000, now)) {
      return unauthentic('X-Slack-Request-Timestamp is more than five minutes from the time here');
    }
    const expected = [signing_secret, previous_signing_secret]
      .filter((secret) => secret !== undefined && secret !== '')
      .map((secret) => `v0=${keyedDigest('sha256', 'hex', secret!, `v0:${timestamp}:`, request.rawBody)}`);
    if (!anyEqual([signature], expected)) return unauthentic('X-Slack-Signature does not match');
    return { verified: true, replay_key: signature };
  },

  read(_settings, request) {
    const form = new URLSearchParams(request.rawBody.toString('utf8'));
    // Slack looks whether we are there: https://docs.slack.dev/interactivity/implementing-slash-commands
    if (form.get('ssl_check') === '1') return [];
    const interaction = interactionOf(form);
    if (!interaction) return malformed('the form holds no payload in JSON');
    if (interaction.type !== 'block_actions' || !Array.isArray(interaction.actions)) return [];
    const by = nameOf(interaction.user);
    const id = interaction.user?.id;
    const contact = typeof id === 'string' && id !== '' ? { vendor: 'slack', id } : null;
    return interaction.actions
      .slice(0, MOST_ACTIONS)
      .flatMap((each: { action_id?: unknown; value?: unknown } | null) => {
        const action = ACTIONS.find((known) => known === each?.action_id);
        return action && typeof each?.value === 'string' && each.value !== ''
          ? [answerOf(action, each.value, by, contact)]
          : [];
      });
  },

  // The message is edited when the incident has changed, for everybody.
  reply: () => null,
};

function answerOf(
  action: Action,
  incident_id: string,
  by: string | null,
  contact: ChannelAnswer['contact'],
): ChannelAnswer {
  return { incident_id, dedup_key: null, action, by, contact, text: null, provider_ref: null };
}

function nameOf(user: Interaction['user']): string | null {
  const names = [user?.name, user?.username, user?.id];
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? null;
}

function interactionOf(form: URLSearchParams): Interaction | null {
  try {
    const value: unknown = JSON.parse(form.get('payload') ?? '');
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

import { accountKey } from '../account-key.ts';
import { defineChannel, IncludeBodies, Secret, STATE_CHANGES, webAddressProblems } from '../define.ts';
import { callVendor, idempotentDelivery } from '../http.ts';
import { withoutBodies } from '../without-bodies.ts';
import { message } from './message.ts';

/** Microsoft names no number for a workflow; its connector to Teams is held to one message a second by its users. */
const PER_MINUTE = 60;

/**
 * Posts an Adaptive Card to a Microsoft Teams channel or chat through a webhook of the Workflows app. It answers 202
 * without an id, so that nothing can be edited: each state is a card of its own.
 * learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors
 */
export const channel = defineChannel({
  type: 'teams',
  description: 'Posts a card to Microsoft Teams through a workflow.',
  settings: {
    url: Secret(
      'The webhook of a workflow "Post to a channel when a webhook request is received"; it is a secret.',
      '${TEAMS_WEBHOOK_URL}',
    ),
    include_bodies: IncludeBodies,
  },
  events: STATE_CHANGES,
  check: ({ url }) => webAddressProblems(url),
  rateLimit: ({ url }) => ({ key: accountKey('teams', url), per_minute: PER_MINUTE }),
  create: ({ url, include_bodies }, { clock, userAgent }) => ({
    async notify(asked, abort) {
      const notification = include_bodies ? asked : { ...asked, page: withoutBodies(asked) };
      const outcome = await callVendor(
        {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json', 'user-agent': userAgent },
          body: message(notification),
          secrets: secretsOf(url),
        },
        clock,
        abort,
      );
      return idempotentDelivery(outcome);
    },
  }),
});

/** The key is in the query (`sig`), and whoever knows the path is half-way in. */
function secretsOf(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { pathname, search, searchParams } = new URL(url);
  return [url, pathname, search, searchParams.get('sig') ?? ''].filter((secret) => secret.length > 1);
}

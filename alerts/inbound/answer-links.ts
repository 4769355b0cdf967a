import type { Incident } from '../incident.ts';
import type { PeopleDesk } from '../incidents/people.ts';
import type { Page } from '../notifier.ts';
import { withoutBodies } from '../notifiers/without-bodies.ts';
import type { LinkSigner } from './signed-link.ts';

export type LinkAction = 'acknowledge' | 'escalate' | 'resolve';

export type LinkView =
  | {
      status: 'open';
      incident: Incident;
      channel: string;
      /** What fails, in one line, without what the service answered: links are forwarded. Null when nothing is to be told. */
      headline: string | null;
    }
  /** What was done counts, but is not on disk: a restart would forget it. */
  | { status: 'unwritten' }
  /** The link is good; the incident is no longer known. */
  | { status: 'gone' }
  | { status: 'expired' }
  | { status: 'forged' };

/** What a link in a page shows, and what its buttons do. */
export interface AnswerLinks {
  /** Path below the public address. */
  path(incident: string, channel: string): string;
  /** Changes nothing: previews of links and scanners of mail look at it too. */
  look(token: string): Promise<LinkView>;
  act(token: string, action: LinkAction): Promise<LinkView>;
}

export function createAnswerLinks(deps: {
  signer: LinkSigner;
  people: Pick<PeopleDesk, LinkAction>;
  /** Whether everything that the desk decided so far is on disk. */
  written(): Promise<boolean>;
  /** Any incident that is still known, resolved ones too. */
  find(id: string): Promise<Incident | null>;
  /** What would be told of it now; null when nothing can be said of it any more. */
  pageOf(incident: Incident): Page | null;
}): AnswerLinks {
  function shown(incident: Incident, channel: string): LinkView {
    const page = deps.pageOf(incident);
    return { status: 'open', incident, channel, headline: page && withoutBodies({ page, incident }).headline };
  }

  async function look(token: string): Promise<LinkView> {
    const link = deps.signer.open(token);
    if (!link.valid) return { status: link.why };
    const incident = await deps.find(link.incident);
    return incident ? shown(incident, link.channel) : { status: 'gone' };
  }

  return {
    path: (incident, channel) => `/a/${deps.signer.sign({ incident, channel })}`,
    look,
    async act(token, action) {
      const link = deps.signer.open(token);
      if (!link.valid) return { status: link.why };
      const incident = await deps.people[action](link.incident, { by: link.channel, via: link.channel });
      if (incident && !(await deps.written())) return { status: 'unwritten' };
      // Somebody else was faster: what stands is shown.
      return incident ? shown(incident, link.channel) : look(token);
    },
  };
}

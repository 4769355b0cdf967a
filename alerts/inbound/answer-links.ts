import type { Incident } from '../incident.ts';
import type { PeopleDesk } from '../incidents/people.ts';
import type { LinkSigner } from './signed-link.ts';

export type LinkAction = 'acknowledge' | 'escalate' | 'resolve';

export type LinkView =
  | { status: 'open'; incident: Incident; channel: string }
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
  /** Any incident that is still known, resolved ones too. */
  find(id: string): Promise<Incident | null>;
}): AnswerLinks {
  async function look(token: string): Promise<LinkView> {
    const link = deps.signer.open(token);
    if (!link.valid) return { status: link.why };
    const incident = await deps.find(link.incident);
    return incident ? { status: 'open', incident, channel: link.channel } : { status: 'gone' };
  }

  return {
    path: (incident, channel) => `/a/${deps.signer.sign({ incident, channel })}`,
    look,
    async act(token, action) {
      const link = deps.signer.open(token);
      if (!link.valid) return { status: link.why };
      const incident = await deps.people[action](link.incident, { by: link.channel, via: link.channel });
      // Somebody else was faster: what stands is shown.
      return incident ? { status: 'open', incident, channel: link.channel } : look(token);
    },
  };
}

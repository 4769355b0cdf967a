import { createHmac, hkdfSync } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { equalSecrets } from '../signatures.ts';

/** How long a link in a page can be used. */
export const LINK_LIFETIME_MS = 7 * 24 * 3_600_000;
const LONGEST_TOKEN = 1_024;

export interface SignedLink {
  /** Id of the incident that it opens. */
  incident: string;
  /** Name of the channel that it was sent through. */
  channel: string;
}

export type OpenedLink = ({ valid: true } & SignedLink) | { valid: false; why: 'forged' | 'expired' };

export interface LinkSigner {
  /** `<base64url of the payload>.<base64url of its HMAC-SHA256>`; valid for seven days. */
  sign(link: SignedLink): string;
  open(token: string): OpenedLink;
}

/**
 * Links that may answer for one incident without signing in: whoever got the page has it.
 * @param secret what the key is derived from (HKDF, RFC 5869): a new one ends all links
 * @param purpose what the links are for: those of another purpose are forged
 */
export function createLinkSigner(
  secret: string,
  clock: Clock,
  purpose: 'link to an incident' | 'picture of runs' = 'link to an incident',
): LinkSigner {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `ringdown ${purpose}`, 32));
  const mac = (payload: string) => createHmac('sha256', key).update(payload).digest('base64url');
  return {
    sign({ incident, channel }) {
      const content = JSON.stringify({ incident, channel, expires: clock.now() + LINK_LIFETIME_MS });
      const payload = Buffer.from(content).toString('base64url');
      return `${payload}.${mac(payload)}`;
    },
    open(token) {
      const [payload = '', signature = '', ...more] = token.length > LONGEST_TOKEN ? [] : token.split('.');
      if (more.length > 0 || payload === '' || !equalSecrets(signature, mac(payload))) {
        return { valid: false, why: 'forged' };
      }
      // Signed by us, so it is what we wrote.
      const { incident, channel, expires } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
        incident: string;
        channel: string;
        expires: number;
      };
      return expires > clock.now() ? { valid: true, incident, channel } : { valid: false, why: 'expired' };
    },
  };
}

import { createHash } from 'node:crypto';
import type { Notification } from '../../notifier.ts';

export interface ThreadHeaders {
  messageId: string;
  inReplyTo?: string;
  references?: string;
}

/**
 * What makes all messages of an incident one thread, RFC 5322 §3.6.4. The first one has an id made of the `dedup_key`, so
 * that the others can refer to it after a restart, and so that a repeat of it is the same message to a mailbox.
 * @param from the sender; ids are of its domain
 */
export function threadHeaders({ event, dedup_key, delivery_id }: Notification, from: string): ThreadHeaders {
  const domain = domainOf(from);
  const root = `<${idPart(dedup_key)}@${domain}>`;
  if (event === 'incident.triggered' || event === 'test') return { messageId: root };
  return { messageId: `<${idPart(dedup_key)}.${idPart(delivery_id)}@${domain}>`, inReplyTo: root, references: root };
}

/** Name of the list of all messages of a channel, for filters in mailboxes: RFC 2919 §2. */
export function listId(channel: string, from: string): string {
  return `Ringdown <${channel}.ringdown.${domainOf(from)}>`;
}

function domainOf(address: string): string {
  return /@([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)>?\s*$/i.exec(address)?.[1]?.toLowerCase() ?? 'ringdown.invalid';
}

function idPart(text: string): string {
  return /^[A-Za-z0-9_-]{1,100}$/.test(text) ? text : createHash('sha256').update(text).digest('hex').slice(0, 32);
}

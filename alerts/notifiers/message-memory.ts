/** The oldest are forgotten first: whatever is that old is no longer looked at. */
const MOST_REMEMBERED = 1_000;

/**
 * Which message first told of an incident, so that later states can edit it. Lost at a restart: the next state is a new
 * message then.
 */
export interface MessageMemory {
  of(dedupKey: string): string | undefined;
  keep(dedupKey: string, messageId: string): void;
  forget(dedupKey: string): void;
}

export function rememberMessages(): MessageMemory {
  const messages = new Map<string, string>();
  return {
    of: (dedupKey) => messages.get(dedupKey),
    keep(dedupKey, messageId) {
      messages.set(dedupKey, messageId);
      if (messages.size > MOST_REMEMBERED) messages.delete(messages.keys().next().value!);
    },
    forget: (dedupKey) => void messages.delete(dedupKey),
  };
}

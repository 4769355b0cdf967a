import type { DeskChannel } from '../../alerts/incidents/desk.ts';
import type { Channel, ChannelSettings, NotifierContext } from '../../alerts/notifier.ts';
import { parseDuration } from '../../core/units.ts';

/** What pages when nobody configured anything: the terminal, and the UI beside it. */
export const CONSOLE: ChannelSettings = { name: 'console', type: 'console' };

/** Makes the configured channels, or the console where there is none. Settings are valid already. */
export function createChannels(
  settings: readonly ChannelSettings[],
  types: ReadonlyMap<string, Channel>,
  context: Omit<NotifierContext, 'answerUrl' | 'language'> & {
    answerUrl(channel: string): string | null;
    language(channel: string): string | null;
  },
): Map<string, DeskChannel> {
  const configured = settings.length > 0 ? settings : [CONSOLE];
  return new Map(
    configured.map((entry) => {
      const channel = types.get(entry.type)!;
      const rateLimit = channel.rateLimit?.(entry);
      return [
        entry.name,
        {
          notifier: channel.create(entry, {
            ...context,
            answerUrl: context.answerUrl(entry.name),
            language: context.language(entry.name),
          }),
          events: channel.events,
          ...(rateLimit ? { rateLimit } : {}),
          ...(entry.deadline ? { deadlineMs: parseDuration(entry.deadline)! } : {}),
        },
      ];
    }),
  );
}

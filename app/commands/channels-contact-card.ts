import { EXIT, RingdownError } from '../../core/errors.ts';
import { terminal } from '../terminal.ts';
import { namedChannel } from './named-channel.ts';

/** `ringdown channels contact-card NAME`: the number that calls, for the phones that should let it through at night. */
export async function showContactCard(configFile: string | undefined, name: string): Promise<number> {
  const { settings, channel } = await namedChannel(configFile, name);
  if (!channel.contactCard) {
    throw new RingdownError(
      'NO_CONTACT_CARD',
      `${name} (${settings.type}) calls nobody, so there is no number to save`,
      {
        hint: 'name a channel of type twilio-voice or twilio-sms',
        exitCode: EXIT.usage,
      },
    );
  }
  terminal.out(channel.contactCard(settings).trimEnd());
  return EXIT.success;
}

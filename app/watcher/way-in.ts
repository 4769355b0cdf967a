import type { Logger } from 'pino';
import { type AnswerLinks, createAnswerLinks } from '../../alerts/inbound/answer-links.ts';
import { type AnswerDesk, createAnswerDesk } from '../../alerts/inbound/answers.ts';
import { fetchText } from '../../alerts/inbound/fetch-text.ts';
import { createHeartbeats, type HeartbeatSettings, type Heartbeats } from '../../alerts/inbound/heartbeats.ts';
import type { InboundKind, InboundSettings } from '../../alerts/inbound/inbound.ts';
import { createReceiver, type Receiver } from '../../alerts/inbound/receiver.ts';
import { createRunPictures, type RunPictures } from '../../alerts/inbound/run-pictures.ts';
import { createLinkSigner } from '../../alerts/inbound/signed-link.ts';
import type { AlertDesk } from '../../alerts/incidents/desk.ts';
import type { Channel, ChannelSettings } from '../../alerts/notifier.ts';
import { userOfChannel, userOfContact } from '../../alerts/on-call/contacts.ts';
import type { OnCall } from '../../alerts/on-call/on-call.ts';
import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import type { State } from './state-file.ts';

/** What a person types of an id, and that no other open incident's begins with. */
const SHORTEST_ID = 10;

export interface WayInSettings {
  /** What links in pages are signed with. */
  token: string;
  channels: readonly ChannelSettings[];
  channelTypes: ReadonlyMap<string, Channel>;
  inbound: readonly InboundSettings[];
  inboundKinds: ReadonlyMap<string, InboundKind>;
  heartbeats: readonly HeartbeatSettings[];
}

/** Everything that comes in from outside and is not telemetry. */
export interface WayIn extends Component {
  receiver: Receiver;
  answers: AnswerDesk;
  links: AnswerLinks;
  pictures: RunPictures;
  heartbeats: Heartbeats;
}

/** Alerts of other systems, answers of channels, links in pages and heartbeats of jobs, on their way to the desk. */
export function createWayIn(
  settings: WayInSettings,
  deps: { clock: Clock; log: Logger; state: State; desk: AlertDesk; people: OnCall },
): WayIn {
  const { clock, log, state, desk, people } = deps;
  const receiver = createReceiver({
    kinds: settings.inboundKinds,
    sources: settings.inbound,
    observe: (observation) => desk.observe(observation),
    written: () => desk.written(),
    fails: (monitor) => desk.monitorState(monitor)?.state === 'failing',
    store: state.inbound,
    confirm: async (url) => void (await fetchText(url)),
    clock,
    log,
  });
  const find = async (id: string) => desk.incident(id) ?? (await state.alerts.find(id))?.incident ?? null;
  const openOnes = () => desk.openIncidents();
  const answers = createAnswerDesk({
    channels: new Map(
      settings.channels.flatMap((entry) => {
        const reader = settings.channelTypes.get(entry.type)?.answers;
        return reader ? [[entry.name, { settings: entry, answers: reader }] as const] : [];
      }),
    ),
    people: desk,
    // A phone is one person's; who presses a button in a chat is whoever the vendor says, or a stranger.
    nameOf: (channel, contact) =>
      (contact ? userOfContact(people, contact.vendor, contact.id) : userOfChannel(people, channel))?.name ?? null,
    findById: async (id) => {
      const meant = openOnes().filter(
        (incident) => incident.id === id || (id.length >= SHORTEST_ID && incident.id.startsWith(id)),
      );
      return meant.length === 1 ? meant[0]! : null;
    },
    findByDedupKey: async (key) => openOnes().find(({ dedup_key }) => dedup_key === key) ?? null,
    pageOf: (incident) => desk.page(incident.id),
    report: ({ channel, what, incident, provider_ref }) =>
      log.info(
        { channel, incident: incident?.id, provider_ref },
        what === 'delivered' ? 'a page arrived' : 'nobody answered a page',
      ),
    written: () => desk.written(),
    replays: receiver.replays,
    clock,
    log,
  });
  const links = createAnswerLinks({
    signer: createLinkSigner(settings.token, clock),
    people: desk,
    written: () => desk.written(),
    find,
    pageOf: (incident) => desk.page(incident.id),
  });
  const pictures = createRunPictures({
    signer: createLinkSigner(settings.token, clock, 'picture of runs'),
    find,
    runs: async (monitor, limit) => (await state.runs.list(monitor, { limit })).items,
  });
  const heartbeats = createHeartbeats({ heartbeats: settings.heartbeats, store: state.heartbeats, clock, log });
  return {
    receiver,
    answers,
    links,
    pictures,
    heartbeats,
    async start() {
      await Promise.all([receiver.start(), heartbeats.start()]);
    },
    async shutdown(abort) {
      await Promise.all([receiver.shutdown(abort), heartbeats.shutdown(abort)]);
    },
  };
}

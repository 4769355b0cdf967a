import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import type { Observation } from '../../engine/observation.ts';
import type { InboundKind, InboundRequest, InboundSettings } from '../inbound.ts';
import { createReceiver, type Receiver } from '../receiver.ts';
import { MemoryInboundStore } from './memory-inbound-store.ts';

export const TOKEN = 'a-token-of-a-source';
/** When the examples of vendors happen, and a little later. */
export const NOW = Date.parse('2026-11-23T03:05:00Z');

export interface TestReceiver {
  receiver: Receiver;
  store: MemoryInboundStore;
  clock: VirtualClock;
  /** What the alert desk was told, in order. */
  observed: Observation[];
  confirmed: string[];
  logged: object[];
  /** The desk refuses with this, while it is set. */
  deskError: Error | null;
  /** Whether what the desk was told is on disk. */
  deskOnDisk: boolean;
  /** Another process on what this one wrote. */
  restart(): Promise<TestReceiver>;
}

/** A receiver between requests and a desk that only collects. */
export async function testReceiver(
  kind: InboundKind,
  settings: InboundSettings,
  { store = new MemoryInboundStore(), clock = new VirtualClock(NOW) } = {},
): Promise<TestReceiver> {
  const made: Omit<TestReceiver, 'receiver' | 'restart'> = {
    store,
    clock,
    observed: [],
    confirmed: [],
    logged: [],
    deskError: null,
    deskOnDisk: true,
  };
  const log = (fields: object) => void made.logged.push(fields);
  const receiver = createReceiver({
    kinds: new Map([[kind.type, kind]]),
    sources: [settings],
    observe: async (observation) => {
      if (result.deskError) throw result.deskError;
      made.observed.push(observation);
    },
    written: async () => result.deskOnDisk,
    fails: (monitor) => made.observed.findLast((each) => each.monitor === monitor)?.status === 'failed',
    store,
    confirm: async (url) => void made.confirmed.push(url),
    clock,
    log: { info: log, warn: log, error: log },
  });
  const result: TestReceiver = Object.assign(made, {
    receiver,
    restart: async () => {
      await receiver.shutdown(AbortSignal.abort());
      return testReceiver(kind, settings, { store, clock });
    },
  });
  await receiver.start();
  return result;
}

/** A request as a vendor would send it, with the token in a header. */
export function requestOf(body: unknown, over: Partial<InboundRequest> = {}): InboundRequest {
  const url = over.url ?? '/api/v1/inbound/source';
  const written = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    method: 'POST',
    url,
    publicUrl: `https://ringdown.example.com${url}`,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    query: {},
    rawBody: Buffer.from(written),
    ...over,
  };
}

import { systemClock } from '../../../core/clock.ts';
import { encodeJson } from '../../otlp/index.ts';
import type { Relay } from '../supervisor.ts';
import { recorded } from './recording-backend.ts';

const SENDERS = 4;
const SPANS_A_REQUEST = 20;

/**
 * Sends traces without pause while the relay is killed `kills` times at seeded moments, then waits until its books are
 * settled.
 * @returns how many spans were acknowledged, and for each backend the ids of those that it never got
 */
export async function killUnderLoad(
  relay: Relay,
  backendDirs: readonly string[],
  { kills, seed }: { kills: number; seed: number },
): Promise<{ acknowledged: number; missing: string[][] }> {
  const acknowledged = new Set<string>();
  const end = new AbortController();
  let nextId = 1;
  const send = async () => {
    while (!end.signal.aborted) {
      const ids = Array.from({ length: SPANS_A_REQUEST }, () => (nextId++).toString(16).padStart(32, '0'));
      const spans = ids.map((traceId) => ({ traceId, spanId: traceId.slice(16), name: 'load' }));
      const body = encodeJson('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
      const response = await fetch(`${relay.otlpUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: body as Uint8Array<ArrayBuffer>,
      }).catch(() => undefined);
      if (response?.status === 200) for (const id of ids) acknowledged.add(id);
      else await systemClock.timer(5);
    }
  };
  const senders = Array.from({ length: SENDERS }, send);
  let state = seed;
  for (let kill = 0; kill < kills; kill++) {
    const before = acknowledged.size;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    while (acknowledged.size === before || relay.pid() === undefined) await systemClock.timer(2);
    await systemClock.timer((state / 2 ** 32) * 60);
    const pid = relay.pid();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    while (relay.pid() === pid) await systemClock.timer(2);
  }
  while (relay.pid() === undefined) await systemClock.timer(5);
  end.abort();
  await Promise.all(senders);
  await settled(relay);
  const missing = backendDirs.map((backendDir) => {
    const got = new Set(recorded(backendDir));
    return [...acknowledged].filter((id) => !got.has(id));
  });
  return { acknowledged: acknowledged.size, missing };
}

async function settled(relay: Relay): Promise<void> {
  for (;;) {
    const status = await relay.status().catch(() => undefined);
    const rows = status?.backends.flatMap(({ ledger }) => ledger) ?? [];
    for (const { received, delivered, pending, rejected, dropped, filtered } of rows) {
      if (received !== delivered + pending + rejected + dropped + filtered) throw new Error('the books do not agree');
    }
    if (rows.length > 0 && rows.every(({ pending }) => pending === 0)) return;
    await systemClock.timer(20);
  }
}

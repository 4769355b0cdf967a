import { expect, test } from '@jest/globals';
import type { EvidencePatch } from '../../alerts/engine/answer.ts';
import { notification } from '../../alerts/testing/notification.ts';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import type { Reader } from '../../monitoring/reader.ts';
import { telemetryEvidence } from './evidence-source.ts';

const { incident } = notification();
const SPAN = 'step000000000001';

/** A store that knows of the failure after so many milliseconds. */
async function asking(knownAfterMs: number, untilMs: number) {
  const clock = new VirtualClock();
  let asked = 0;
  const reader: Reader = {
    ask: (async ({ ask }: { ask: string }) => {
      if (ask !== 'trace') return [];
      asked++;
      if (clock.monotonic() < knownAfterMs) return null;
      const server = { span_id: 'server0000000001', parent_span_id: SPAN, kind: 'server', attributes: {}, events: [] };
      const log = { level: 'error', span_id: server.span_id, message: 'boom', exception: null };
      return { trace_id: incident.cause.trace_id, spans: [server], logs: [log] };
    }) as Reader['ask'],
  };
  const told: { atMs: number; patch: EvidencePatch }[] = [];
  const over = new AbortController();
  const source = telemetryEvidence({ clock, reader, spanOf: () => SPAN, seriesOf: () => null, onTrouble: () => {} });
  const done = source.gather(incident, (patch) => told.push({ atMs: clock.monotonic(), patch }), over.signal);
  await clock.advance(untilMs);
  over.abort(new Error('over'));
  await done;
  return { told, asked };
}

test('what the store knows before the page leaves is in the page', async () => {
  for (const knownAfterMs of [0, 45, 130, 230, 260]) {
    const { told } = await asking(knownAfterMs, 300);
    expect(told).toEqual([{ atMs: expect.any(Number), patch: { server_error: 'boom' } }]);
  }
});

test('the server’s error is in the page though the store is slow to tell the traffic', async () => {
  const clock = new VirtualClock();
  const attributes = { 'http.route': '/posts', 'http.request.method': 'POST' };
  const server = { span_id: 'server0000000001', parent_span_id: SPAN, kind: 'server', attributes, events: [] };
  const log = { level: 'error', span_id: server.span_id, message: 'boom', exception: null };
  const traffic = { route: '/posts', method: 'POST', count: 9, errors: 9 };
  const reader: Reader = {
    ask: (async ({ ask }: { ask: string }) => {
      if (ask === 'trace') return { trace_id: incident.cause.trace_id, spans: [server], logs: [log] };
      await clock.timer(900);
      return [traffic];
    }) as Reader['ask'],
  };
  const told: { atMs: number; patch: EvidencePatch }[] = [];
  const source = telemetryEvidence({ clock, reader, spanOf: () => SPAN, seriesOf: () => null, onTrouble: () => {} });
  const done = source.gather(
    incident,
    (patch) => told.push({ atMs: clock.monotonic(), patch }),
    new AbortController().signal,
  );
  const begun = clock.monotonic();
  await clock.advance(1_000);
  await done;
  expect(told).toEqual([
    { atMs: begun, patch: { server_error: 'boom' } },
    { atMs: begun + 900, patch: { real_traffic: { route: 'POST /posts', requests: 9, errors: 9 } } },
  ]);
});

test('a store that never knows is asked ever less often', async () => {
  expect((await asking(Number.POSITIVE_INFINITY, 10_000)).asked).toBeLessThan(25);
});

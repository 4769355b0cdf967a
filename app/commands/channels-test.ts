import { randomUUID } from 'node:crypto';
import type { Incident } from '../../alerts/incident.ts';
import type { Notification } from '../../alerts/notifier.ts';
import { systemClock } from '../../core/clock.ts';
import { EXIT } from '../../core/errors.ts';
import { terminal } from '../terminal.ts';
import { userAgent } from '../version.ts';
import { namedChannel } from './named-channel.ts';

const TIMEOUT_MS = 30_000;

/** `ringdown channels test NAME`: sends a notification that says it is a test. */
export async function testChannel(configFile: string | undefined, name: string, json: boolean): Promise<number> {
  const { settings, channel, config } = await namedChannel(configFile, name);
  const notifier = channel.create(settings, {
    clock: systemClock,
    userAgent,
    print: (line) => terminal.out(line),
    answerUrl: null,
    language: null,
  });
  const abort = AbortSignal.timeout(TIMEOUT_MS);
  await notifier.start();
  try {
    const delivery = await terminal.progress(
      `asking ${settings.type}`,
      notifier.notify(testNotification(config.publicUrl), abort),
    );
    if (json) {
      const ref = delivery.status === 'accepted' ? { provider_ref: delivery.providerRef ?? null } : {};
      const error = delivery.status === 'accepted' ? {} : { error: delivery.error.message };
      terminal.out(JSON.stringify({ channel: name, type: settings.type, status: delivery.status, ...ref, ...error }));
      return delivery.status === 'accepted' ? EXIT.success : EXIT.failed;
    }
    if (delivery.status === 'accepted') {
      terminal.out(
        `${name} (${settings.type}) accepted a test${delivery.providerRef ? `: ${delivery.providerRef}` : ''}`,
      );
      return EXIT.success;
    }
    terminal.err(`${name} (${settings.type}) did not take it (${delivery.status}): ${delivery.error.message}`);
    return EXIT.failed;
  } finally {
    await notifier.shutdown(abort);
  }
}

function testNotification(publicUrl = 'http://127.0.0.1:4000'): Notification {
  const at = new Date().toISOString();
  const id = randomUUID();
  const incident: Incident = {
    id,
    dedup_key: `ringdown-test-${id}`,
    title: 'Test of a notification channel',
    priority: 'P4',
    service: 'ringdown',
    environment: 'test',
    state: 'triggered',
    policy: 'test',
    triggered_at: at,
    acknowledged_at: null,
    acknowledged_by: null,
    resolved_at: null,
    resolved_by: null,
    url: publicUrl,
    source: 'run',
    labels: {},
    monitors: [],
    failing_count: 0,
    held: null,
    assignee: null,
    merged_into: null,
    cause: {
      monitor: 'test',
      monitor_name: 'test',
      step: 'test',
      message: 'this is a test; nothing is wrong',
      expected: null,
      actual: null,
      server_error: null,
      trace_id: null,
      run_id: id,
      run_url: null,
      source_url: null,
      route: null,
      failing_since: at,
      attempts: 0,
    },
    evidence: { real_traffic: null, healthy_monitors: [] },
    deployment: null,
    runbook: null,
  };
  return {
    delivery_id: id,
    dedup_key: incident.dedup_key,
    event: 'test',
    incident,
    message_ref: null,
    picture: null,
    page: {
      headline: 'TEST: Ringdown can reach you here. Nothing is wrong.',
      server_error: null,
      facts: [{ label: 'Sent by', text: '`ringdown channels test`' }],
      speech: 'This is a test from Ringdown. Nothing is wrong.',
      links: [{ label: 'Ringdown', url: publicUrl }],
      escalates_to: null,
      answer_url: null,
    },
  };
}

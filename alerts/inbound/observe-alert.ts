import { createHash } from 'node:crypto';
import { cut } from '../../core/plain-text.ts';
import type { Observation } from '../engine/observation.ts';
import type { CommonInboundSettings } from './define.ts';
import type { InboundAlert } from './inbound.ts';
import { priorityOf } from './severity.ts';

/** How far a sender's clock is followed. */
export const CLOCK_TOLERANCE_MS = 10 * 60_000;

/** Room in a database's key for the name of the source. */
const LONGEST_KEY = 160;
const LONGEST_TITLE = 300;
const LONGEST_TEXT = 4_000;
const LONGEST_NAME = 200;
const LONGEST_URL = 2_000;
const MOST_LABELS = 64;
const LONGEST_LABEL = 1_000;

/** As far as the rest of the house can carry it: one line where one is meant, no control characters, nothing endless. */
export function tidy(alert: InboundAlert): InboundAlert {
  return {
    ...alert,
    key: shortKey(alert.key),
    title: cut(oneLine(alert.title), LONGEST_TITLE) || 'an alert without a title',
    text: alert.text === null ? null : cut(printable(alert.text), LONGEST_TEXT) || null,
    service: name(alert.service),
    environment: name(alert.environment),
    url: link(alert.url),
    runbook: link(alert.runbook),
    labels: Object.fromEntries(
      Object.entries(alert.labels)
        .slice(0, MOST_LABELS)
        .map(([key, value]) => [cut(oneLine(key), LONGEST_NAME), cut(printable(value), LONGEST_LABEL)]),
    ),
  };
}

/**
 * What the alert desk sees of an alert.
 * @param now wall-clock milliseconds
 * @param recovery why it is over, where its sender did not say so
 */
export function observeAlert(
  settings: CommonInboundSettings,
  alert: InboundAlert,
  at: string,
  now: number,
  recovery?: string,
): Observation {
  const shown = new Date(Math.min(Math.max(Date.parse(at), now - CLOCK_TOLERANCE_MS), now + CLOCK_TOLERANCE_MS));
  const monitor = `inbound:${settings.name}/${alert.key}`;
  return {
    source: 'inbound',
    monitor,
    monitor_name: alert.title,
    service: alert.service ?? settings.service ?? settings.name,
    environment: alert.environment ?? settings.environment ?? 'default',
    // Of what was said, not of when it arrived: said twice, also after a restart, it is the same observation.
    run_id: `alert-${digest(monitor, alert.state, at, alert.title, alert.text ?? '', alert.severity ?? '').slice(0, 32)}`,
    run_url: null,
    trace_id: null,
    labels: { ...alert.labels, ...settings.labels, source: settings.name },
    rule: null,
    priority: priorityOf(alert.severity, settings.severities),
    source_url: alert.url,
    started_at: shown.toISOString(),
    at: shown.toISOString(),
    scheduled_at: at,
    status: alert.state === 'firing' ? 'failed' : 'passed',
    degraded: false,
    watcher_fault: null,
    tags: [],
    // A rule that was compiled from a policy comes back to it.
    policy: alert.labels.ringdown_policy || (settings.policy ?? null),
    quarantined: false,
    depends_on: [],
    runbook: alert.runbook,
    attempts: 1,
    failure:
      alert.state === 'resolved'
        ? null
        : {
            step: '',
            message: withoutStop(alert.text === null ? alert.title : `${withoutStop(alert.title)}: ${alert.text}`),
            expected: null,
            actual: null,
            kind: 'inbound',
            route: null,
            status_code: null,
          },
    ...(recovery === undefined ? {} : { recovery }),
    evidence: {},
    deployment: null,
  };
}

/** A sentence goes on after it in titles. */
function withoutStop(text: string): string {
  return text.replace(/(?<!\.)\.\s*$/, '');
}

function shortKey(key: string): string {
  const plain = oneLine(key);
  if (plain === key && key.length <= LONGEST_KEY) return key;
  return `${cut(plain, LONGEST_KEY - 18)}#${digest(key).slice(0, 16)}`;
}

function name(value: string | null): string | null {
  return value === null ? null : cut(oneLine(value), LONGEST_NAME) || null;
}

/** Only what a person may follow: anything else is no link. */
function link(value: string | null): string | null {
  if (value === null || value.length > LONGEST_URL || !/^https?:\/\//i.test(value)) return null;
  return URL.canParse(value) ? value : null;
}

function oneLine(value: string): string {
  return printable(value).replaceAll(/\s+/g, ' ').trim();
}

/** Control characters but for line breaks and tabs, and marks that turn the direction of text, say nothing in a page. */
function printable(value: string): string {
  return value.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ' ').toWellFormed();
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

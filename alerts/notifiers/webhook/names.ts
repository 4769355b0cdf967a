import type { Incident } from '../../incident.ts';
import type { Notification, Page } from '../../notifier.ts';

/** What a template may name, and what stands behind it in one notification. */
export interface TemplateView {
  event: Notification['event'];
  delivery_id: string;
  dedup_key: string;
  incident: Incident;
  page: Page & {
    /** Server error and facts, a line each. */
    text: string;
  };
}

export function templateView({ event, delivery_id, dedup_key, incident, page }: Notification): TemplateView {
  const server = page.server_error ? [`Server: ${page.server_error}`] : [];
  const text = [...server, ...page.facts.map(({ label, text }) => `${label}: ${text}`)].join('\n');
  return { event, delivery_id, dedup_key, incident, page: { ...page, text } };
}

/** `true`: a value, or a list as a whole. `'any'`: a map whose keys nobody knows beforehand. */
type Shape<T> = {
  [Key in keyof T]-?: NonNullable<T[Key]> extends readonly unknown[]
    ? true
    : NonNullable<T[Key]> extends object
      ? string extends keyof NonNullable<T[Key]>
        ? 'any'
        : Shape<NonNullable<T[Key]>>
      : true;
};

/** Spelt out, because at start there is no incident to look at; the compiler holds it to the types. */
export const NAMES: Shape<TemplateView> = {
  event: true,
  delivery_id: true,
  dedup_key: true,
  incident: {
    id: true,
    dedup_key: true,
    title: true,
    priority: true,
    service: true,
    environment: true,
    state: true,
    policy: true,
    triggered_at: true,
    acknowledged_at: true,
    acknowledged_by: true,
    resolved_at: true,
    resolved_by: true,
    url: true,
    source: true,
    labels: 'any',
    monitors: true,
    failing_count: true,
    held: { stage: true, reason: true, until: true },
    assignee: true,
    merged_into: true,
    cause: {
      monitor: true,
      monitor_name: true,
      step: true,
      message: true,
      expected: true,
      actual: true,
      server_error: true,
      trace_id: true,
      run_id: true,
      run_url: true,
      source_url: true,
      route: true,
      failing_since: true,
      attempts: true,
    },
    evidence: {
      real_traffic: { route: true, requests: true, errors: true },
      healthy_monitors: true,
      log_records: true,
    },
    deployment: {
      id: true,
      service: true,
      environment: true,
      version: true,
      deployed_at: true,
      source: true,
      description: true,
    },
    runbook: true,
  },
  page: {
    headline: true,
    server_error: true,
    facts: true,
    speech: true,
    links: true,
    escalates_to: true,
    answer_url: true,
    text: true,
  },
};

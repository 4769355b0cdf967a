import type { Question } from './reader.ts';

/** What operators ask of every backend, in the order in which `compare` and the documents show it. */
export const OPERATOR_QUESTIONS = {
  error_rate: 'error rate',
  p95_per_route: 'p95 per route per minute',
  trace_by_id: 'trace by id',
  logs_of_trace: 'logs of a trace',
  latest_errors: 'latest errors',
  slowest_requests: 'slowest requests',
  requests_per_client: 'requests per client',
  counter_rate: 'counter rate',
  distinct_users: 'distinct users',
  text_search: 'text search',
} as const;

export type OperatorQuestion = keyof typeof OPERATOR_QUESTIONS;

/** What the questions are about. */
export interface Subject {
  /** 32 hex digits. */
  trace_id: string;
  /** Name of a StatsD counter. */
  counter: string;
  /** Words of a log message. */
  text: string;
}

const MINUTE_MS = 60_000;
const LIMIT = 50;

/** The ten questions as a reader takes them. Scenarios' own requests are left out where real traffic is meant. */
export function operatorQuestions({ trace_id, counter, text }: Subject): Record<OperatorQuestion, Question> {
  const real = { synthetic: false, limit: LIMIT };
  return {
    error_rate: { ask: 'requests', measure: 'error_rate', ...real },
    p95_per_route: { ask: 'requests', measure: 'p95', group_by: 'http.route', interval_ms: MINUTE_MS, ...real },
    trace_by_id: { ask: 'trace', trace_id },
    logs_of_trace: { ask: 'logs', trace_id, limit: LIMIT },
    latest_errors: { ask: 'logs', level: 'error', limit: LIMIT },
    slowest_requests: { ask: 'traces', order: 'slowest', ...real },
    requests_per_client: { ask: 'requests', measure: 'count', group_by: 'client.address', ...real },
    counter_rate: { ask: 'metric', name: counter, aggregate: 'rate', interval_ms: MINUTE_MS },
    distinct_users: { ask: 'requests', measure: 'distinct', attribute: 'user.id', ...real },
    text_search: { ask: 'logs', text, limit: LIMIT },
  };
}

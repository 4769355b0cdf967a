import type { RecordingRule } from '../../promql/expression.ts';
import type { Connection, Item } from '../compiler.ts';
import { getJson } from '../connect.ts';
import type { PrometheusRule } from './rules-file.ts';

interface RuleGroup {
  name: string;
  interval: number;
  rules: {
    type: string;
    name: string;
    query: string;
    duration: number;
    keepFiringFor?: number;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  }[];
}

/** @see https://prometheus.io/docs/prometheus/latest/querying/api/#rules */
export async function deployedRules(connection: Connection, abort: AbortSignal): Promise<Item[]> {
  const { data } = (await getJson(connection, '/api/v1/rules', abort)) as { data: { groups: RuleGroup[] } };
  return data.groups.flatMap(({ interval, rules }) =>
    rules.flatMap((rule) => {
      if (rule.type === 'recording') {
        return rule.name.startsWith('ringdown:')
          ? [recordItem({ record: rule.name, expr: rule.query }, interval * 1_000)]
          : [];
      }
      if (rule.labels.ringdown_policy === undefined) return [];
      const { name: alert, query: expr, labels, annotations } = rule;
      const times = [interval, rule.duration, rule.keepFiringFor ?? 0].map((seconds) => seconds * 1_000);
      return [alertItem({ alert, expr, labels, annotations }, ...(times as [number, number, number]))];
    }),
  );
}

export function recordItem({ record, expr }: RecordingRule, every_ms: number): Item {
  return { id: `record ${record}`, content: { expression: withoutSpaces(expr), interval: `${every_ms} ms` } };
}

export function alertItem(
  { alert, expr, labels, annotations }: PrometheusRule,
  every_ms: number,
  for_ms: number,
  keep_firing_for_ms: number,
): Item {
  return {
    id: `rule ${alert}`,
    content: {
      expression: withoutSpaces(expr),
      interval: `${every_ms} ms`,
      for: `${for_ms} ms`,
      keep_firing_for: `${keep_firing_for_ms} ms`,
      labels: sorted(labels),
      annotations: sorted(annotations),
    },
  };
}

/** Prometheus prints an expression in its own way; what differs is spaces, outside of strings. */
function withoutSpaces(expression: string): string {
  return expression.replace(/("(?:\\.|[^"\\])*")|\s+/g, (_, text: string | undefined) => text ?? '');
}

function sorted(values: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

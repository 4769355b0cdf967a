import { parseDuration } from '../../../core/units.ts';
import type { Connection, Item } from '../compiler.ts';
import { getJson } from '../connect.ts';
import type { GrafanaRule } from './provisioning.ts';

/** As the API tells a rule: what `items` is made of, and what Grafana adds. */
type DeployedRule = Omit<GrafanaRule, 'keepFiringFor' | 'missing_series_evals_to_resolve'> & {
  keep_firing_for?: string;
  missingSeriesEvalsToResolve?: number;
};

/** @see https://grafana.com/docs/grafana/latest/developers/http_api/alerting_provisioning/ */
export async function deployedRules(connection: Connection, abort: AbortSignal): Promise<Item[]> {
  const rules = (await getJson(connection, '/api/v1/provisioning/alert-rules', abort)) as DeployedRule[];
  return rules
    .filter(({ uid, labels }) => uid.startsWith('ringdown-') && labels?.ringdown_policy !== undefined)
    .map(({ keep_firing_for, missingSeriesEvalsToResolve, ...rule }) =>
      itemOf({
        ...rule,
        ...(keep_firing_for === undefined ? {} : { keepFiringFor: keep_firing_for }),
        ...(missingSeriesEvalsToResolve === undefined
          ? {}
          : { missing_series_evals_to_resolve: missingSeriesEvalsToResolve }),
      }),
    );
}

export function itemOf(rule: GrafanaRule): Item {
  const queries = rule.data.map(({ refId, datasourceUid, model }) => [
    refId,
    datasourceUid,
    model.expr ?? model.expression,
  ]);
  const { receiver, group_by } = rule.notification_settings ?? { receiver: '', group_by: [] };
  return {
    id: `rule ${rule.title}`,
    content: {
      queries: JSON.stringify(queries),
      condition: rule.condition,
      for: canonical(rule.for),
      keep_firing_for: canonical(rule.keepFiringFor ?? '0s'),
      no_data: rule.noDataState,
      missing_series: String(rule.missing_series_evals_to_resolve ?? 2),
      labels: sorted(rule.labels),
      annotations: sorted(rule.annotations),
      paused: String(rule.isPaused ?? false),
      receiver: `${receiver} by ${(group_by ?? []).join(', ')}`,
    },
  };
}

/** `2m`, `120s` and Go's `2m0s` are the same. */
function canonical(duration: string): string {
  return `${parseDuration(String(duration)) ?? 0} ms`;
}

/** The API tells what the file said with a variable in it. */
function sorted(values: Readonly<Record<string, string>> | undefined): string {
  return JSON.stringify(
    Object.entries(values ?? {})
      .map(([key, value]) => [key, value.replaceAll('$$', '$')])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  );
}

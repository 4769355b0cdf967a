import { familyName, labelName } from '../../core/prometheus-names.ts';
import { CannotExpress, type CompileContext } from '../compilers/compiler.ts';
import { type MetricKind, metricKind } from '../compilers/metrics.ts';
import type { SeriesQuestion } from '../rules/signal.ts';
import { literal, quoted } from './syntax.ts';

/** Series of a question: their name without the endings of samples, and what they must match. */
export interface Selected {
  family: string;
  kind: MetricKind;
  matchers: readonly string[];
  /** Labels of the question's `by`. */
  by: readonly string[];
}

const REQUEST_LABELS = ['service_name', 'deployment_environment_name', 'http_route', 'http_request_method'];
const CLASSES: Readonly<Record<string, string>> = { error: '=~"5xx|"', ok: '!~"5xx|"' };

/** @param unit of the limit, from which that of an unknown metric is guessed */
export function select(
  question: SeriesQuestion,
  unit: 'ms' | 'By' | 'share' | null,
  { metrics }: CompileContext,
  path: readonly (string | number)[],
): Selected {
  switch (question.of) {
    case 'metric': {
      const kind = metricKind(metrics, question.metric, question.aggregate, unit);
      const matchers = Object.entries(question.where).map(([key, value]) => `${labelName(key)}=${quoted(value)}`);
      return {
        family: familyName(question.metric, kind.unit, kind.type),
        kind,
        matchers,
        by: question.by.map(labelName),
      };
    }
    case 'requests': {
      const { service, route, status, synthetic } = question;
      if (typeof status === 'number') {
        throw new CannotExpress(
          [...path, 'requests', 'status'],
          `Prometheus keeps classes of status, not ${status} alone`,
          `its class: ${Math.floor(status / 100)}xx`,
        );
      }
      const by = question.by.map(labelName);
      const unknown = question.by.find((name) => !REQUEST_LABELS.includes(labelName(name)));
      if (unknown !== undefined) {
        throw new CannotExpress(
          [...path, 'by'],
          `requests have no label for ${unknown} in Prometheus`,
          `there are ${REQUEST_LABELS.join(', ')}`,
        );
      }
      const matchers = [
        ...(service === null ? [] : [`service_name=${quoted(service)}`]),
        ...(route === null ? [] : [`http_route=${quoted(route)}`]),
        ...(status === null ? [] : [`status_class${CLASSES[status] ?? `=${quoted(status)}`}`]),
        ...(synthetic === null ? [] : [`synthetic=${quoted(String(synthetic))}`]),
      ];
      return { family: 'ringdown_request_duration_seconds', kind: { type: 'histogram', unit: 's' }, matchers, by };
    }
    case 'runs': {
      const { tags, services, status } = question;
      if (tags.length > 0) {
        throw new CannotExpress(
          [...path, 'runs', 'tags'],
          'runs have no label for tags in Prometheus',
          'name ids or services',
        );
      }
      const matchers = [
        ...monitorMatchers(question),
        ...(status === null ? [] : [`status${status === 'failed' ? '=~"failed|error"' : '="passed"'}`]),
      ];
      if (services.length > 0) matchers.push(`service=~${quoted(services.map(literal).join('|'))}`);
      return { family: 'ringdown_runs', kind: { type: 'counter', unit: '1' }, matchers, by: [] };
    }
    case 'logs':
      throw new CannotExpress(
        [...path, 'logs'],
        'Prometheus keeps no logs',
        'compile it for elasticsearch, kibana or kapacitor',
      );
  }
}

/** Of `id@environment`. */
export function monitorMatchers({
  ids,
  environments,
}: {
  ids: readonly string[];
  environments: readonly string[];
}): string[] {
  const ofIds = ids.length === 0 ? [] : [`monitor=~${quoted(`(${ids.map(literal).join('|')})@.*`)}`];
  return environments.length === 0 ? ofIds : [...ofIds, `environment=~${quoted(environments.map(literal).join('|'))}`];
}

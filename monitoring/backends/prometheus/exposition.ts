import { escapedValue } from '../../../core/prometheus-names.ts';
import { rendered } from './labels.ts';
import type { Family, Series } from './series.ts';

export type Format = 'openmetrics' | 'text';

export const CONTENT_TYPES: Record<Format, string> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

/** Prometheus says in Accept what it reads, best first; exemplars exist in OpenMetrics only. */
export function formatFor(accept: string | undefined): Format {
  return accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'text';
}

/**
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function* expose(families: Iterable<Family>, format: Format): Generator<string> {
  for (const family of families) {
    if (family.series.size === 0) continue;
    const isOpen = format === 'openmetrics';
    const named = family.type === 'counter' && !isOpen ? `${family.name}_total` : family.name;
    if (family.help !== '') yield `# HELP ${named} ${isOpen ? escapedValue(family.help) : helpText(family.help)}\n`;
    yield `# TYPE ${named} ${family.type}\n`;
    for (const series of family.series.values()) yield linesOf(family, series, isOpen);
  }
  if (format === 'openmetrics') yield '# EOF\n';
}

function linesOf({ name, type }: Family, series: Series, withExemplars: boolean): string {
  const labels = rendered(series.labels);
  switch (type) {
    case 'counter':
      return `${name}_total${labels} ${number(series.value)}\n`;
    case 'gauge':
      return `${name}${labels} ${number(series.value)}\n`;
    case 'summary':
      return [
        ...series.quantiles.map(
          ({ quantile, value }) => `${name}${withLabel(labels, 'quantile', number(quantile))} ${number(value)}\n`,
        ),
        ...totals(name, labels, series),
      ].join('');
    case 'histogram':
      return [...bucketLines(name, labels, series, withExemplars), ...totals(name, labels, series)].join('');
  }
}

function* bucketLines(name: string, labels: string, series: Series, withExemplars: boolean): Generator<string> {
  let running = 0;
  for (const [index, count] of series.counts.entries()) {
    running += count;
    const bound = series.bounds[index];
    const le = bound === undefined ? '+Inf' : number(bound);
    const exemplar = withExemplars ? series.exemplars[index] : undefined;
    const told = exemplar
      ? ` # {trace_id="${exemplar.trace_id}",span_id="${exemplar.span_id}"} ${number(exemplar.value)} ${exemplar.time}`
      : '';
    yield `${name}_bucket${withLabel(labels, 'le', le)} ${number(running)}${told}\n`;
  }
}

function totals(name: string, labels: string, { value, sum }: Series): string[] {
  return [`${name}_sum${labels} ${number(sum)}\n`, `${name}_count${labels} ${number(value)}\n`];
}

function withLabel(labels: string, name: string, value: string): string {
  return labels === '' ? `{${name}="${value}"}` : `${labels.slice(0, -1)},${name}="${value}"}`;
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function helpText(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

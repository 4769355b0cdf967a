import { escapedValue, labelName } from '../../../core/prometheus-names.ts';
import type { Attributes, AttributeValue } from '../../telemetry.ts';

const LONGEST_VALUE = 1_000;

/** Attributes as labels, in the order of their names; two that come to the same name share it, their values joined. */
export function labelsOf(attributes: Attributes, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const labels = new Map<string, string>();
  for (const key of Object.keys(attributes).sort()) {
    const name = labelName(key);
    const value = labelValue(attributes[key]!);
    if (value === '') continue;
    const before = labels.get(name);
    labels.set(name, before === undefined ? value : `${before};${value}`);
  }
  for (const [name, value] of Object.entries(more)) if (value !== '') labels.set(name, value);
  return Object.fromEntries([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function labelValue(value: AttributeValue): string {
  const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** `{a="b"}`, or nothing where there are no labels. */
export function rendered(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

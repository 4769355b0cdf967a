import type { Template } from '../language/template.ts';

/** The entries of a template of a mapping; none of anything else. */
export function entriesOf(template: Template): readonly (readonly [string, Template])[] {
  if (template.kind === 'map') return template.entries;
  if (template.kind !== 'constant') return [];
  const { value } = template;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([key, item]) => [key, { kind: 'constant', value: item }] as const);
}

/** The entry of a template of a mapping. */
export function entryOf(template: Template, key: string): Template | undefined {
  return entriesOf(template).find(([name]) => name === key)?.[1];
}

/** The items of a template of a list; none of anything else. */
export function itemsOf(template: Template): readonly Template[] {
  if (template.kind === 'list') return template.items;
  if (template.kind !== 'constant' || !Array.isArray(template.value)) return [];
  return template.value.map((value) => ({ kind: 'constant', value }) as const);
}

/** The value of a template without templates in it. */
export function constantOf(template: Template | undefined): unknown {
  return template?.kind === 'constant' ? template.value : undefined;
}

import type { OutlineField } from '../../../../control/resources.ts';

/** How a field of the form is written in the file. */
export type FieldKind = 'text' | 'count' | 'list' | 'status';

export interface FormEdit {
  path: readonly (string | number)[];
  /** Absent: the entry is taken away. */
  value?: unknown;
}

/** What a field of the form changes in the file, as it was typed; nothing typed takes the entry away. */
export function editOf(field: Pick<OutlineField, 'path' | 'removal'>, kind: FieldKind, typed: string): FormEdit {
  const value = writtenValue(kind, typed.trim());
  return value === undefined ? { path: field.removal } : { path: field.path, value };
}

function writtenValue(kind: FieldKind, typed: string): unknown {
  if (typed === '') return undefined;
  if (kind === 'count') return numberOr(typed);
  if (kind === 'text') return typed;
  const items = typed
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) return undefined;
  if (kind === 'list') return items;
  const statuses = items.map(numberOr);
  return statuses.length === 1 ? statuses[0] : statuses;
}

/** What is no number stays as it was typed, and the check of the file says so. */
function numberOr(typed: string): number | string {
  return /^\d{1,9}$/.test(typed) ? Number(typed) : typed;
}

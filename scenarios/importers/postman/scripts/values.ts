import { literal } from '../../literal.ts';
import type { Claim, Subject, Value } from './subject.ts';

export const constant = (value: unknown): Value => ({ kind: 'constant', value });
export const subject = (found: Subject): Value => ({ kind: 'subject', subject: found });
export const template = (text: string): Value => ({ kind: 'template', text });
export const claims = (...found: Claim[]): Value => ({ kind: 'claims', claims: found });

/** A value as part of a scenario's text; null when it is none. */
export function textOf(value: Value): string | null {
  if (value?.kind === 'template') return value.text;
  if (value?.kind === 'constant' && ['string', 'number', 'boolean'].includes(typeof value.value))
    return literal(String(value.value));
  return null;
}

/** A value that can stand in a condition. */
export function plain(value: Value): { value: unknown } | undefined {
  if (value?.kind === 'template') return { value: value.text };
  if (value?.kind !== 'constant' || value.value === undefined || value.value instanceof RegExp) return undefined;
  return { value: typeof value.value === 'string' ? literal(value.value) : value.value };
}

/** What must hold when an expression is to be true, the way JavaScript sees it. */
export function truth(value: Value): readonly Claim[] | null {
  switch (value?.kind) {
    case 'claims':
      return value.claims;
    case 'constant':
      return value.value ? [] : null;
    case 'count':
      return [{ subject: value.subject, condition: { count: { gt: 0 } } }];
    case 'subject':
      return value.subject.from === 'json'
        ? [{ subject: value.subject, condition: { not: { one_of: [null, false, 0, ''] } } }]
        : [
            {
              subject: value.subject,
              condition: value.subject.from === 'body' ? { count: { gt: 0 } } : { exists: true },
            },
          ];
    default:
      return null;
  }
}

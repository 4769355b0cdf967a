import type { Mapping } from '../../language/written.ts';
import { Expect } from '../expect.ts';

const OPERATORS: Record<string, string> = {
  EQUALS: 'equals',
  NOT_EQUALS: 'not',
  GREATER_THAN: 'gt',
  LESS_THAN: 'lt',
  CONTAINS: 'contains',
};

/** Assertions of an API check. @returns `rest`: those that a scenario cannot say */
export function readAssertions(
  assertions: readonly Mapping[],
  translate: (written: string) => string,
): { expect: Record<string, unknown> | undefined; rest: { assertion: string; why: string }[] } {
  const expect = new Expect();
  const rest: { assertion: string; why: string }[] = [];
  for (const assertion of assertions) {
    const { source, property, comparison, target } = assertion;
    const why = add(assertion, expect, translate);
    if (why !== null)
      rest.push({
        assertion: [source, property, comparison, target]
          .filter((part) => part !== undefined && part !== null && part !== '')
          .join(' '),
        why,
      });
  }
  return { expect: expect.written(), rest };
}

function add(
  { source, property, comparison, target, regex }: Mapping,
  expect: Expect,
  translate: (written: string) => string,
): string | null {
  const judged = conditionOf(String(comparison ?? ''), String(target ?? ''), translate);
  if (!judged) return `the comparison ${comparison} says nothing that an operator says`;
  const already = 'the same value is judged in this way already';
  const put = (kind: string, name: string | null, condition: Record<string, unknown>) =>
    expect.add(kind, name, condition) ? null : already;
  const name = translate(String(property ?? ''));
  switch (source) {
    case 'STATUS_CODE':
      return put('status', null, judged);
    case 'RESPONSE_TIME':
      return 'lt' in judged || 'gt' in judged
        ? put(
            'duration',
            null,
            Object.fromEntries(Object.entries(judged).map(([operator, ms]) => [operator, `${ms}ms`])),
          )
        : 'a duration is compared with lt or gt';
    case 'JSON_BODY': {
      if (typeof regex === 'string' && regex !== '') return 'a pattern inside of a value is not judged';
      const path = name === '' ? '$' : name.startsWith('$') ? name : `$.${name}`;
      return put('jsonpath', path, judged);
    }
    case 'HEADERS':
      return put('header', name.toLowerCase(), texts(judged));
    case 'TEXT_BODY':
      return put('body', null, texts(judged));
    default:
      return `a scenario does not judge ${String(source)}`;
  }
}

function conditionOf(
  comparison: string,
  target: string,
  translate: (written: string) => string,
): Record<string, unknown> | null {
  const value = /^-?\d{1,15}(\.\d+)?$/.test(target)
    ? Number(target)
    : target === 'true' || target === 'false'
      ? target === 'true'
      : target === 'null'
        ? null
        : translate(target.replace(/^"(.*)"$/s, '$1'));
  if (Object.hasOwn(OPERATORS, comparison)) return { [OPERATORS[comparison]!]: value };
  switch (comparison) {
    case 'NOT_CONTAINS':
      return { not: { contains: value } };
    case 'IS_EMPTY':
      return { count: 0 };
    case 'NOT_EMPTY':
      return { count: { gt: 0 } };
    case 'IS_NULL':
      return { equals: null };
    case 'NOT_NULL':
      return { not: null };
    case 'HAS_KEY':
      return { contains: translate(target) };
    case 'NOT_HAS_KEY':
      return { not: { contains: translate(target) } };
    case 'HAS_VALUE':
      return { contains: value };
    default:
      return null;
  }
}

/** A header and a whole body are texts, also where the target looks like a number. */
function texts(condition: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, operand]) => [
      operator,
      typeof operand === 'number' && ['equals', 'not', 'contains'].includes(operator) ? String(operand) : operand,
    ]),
  );
}

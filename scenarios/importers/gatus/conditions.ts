import { durationText, goDuration } from '../duration.ts';
import { Expect } from '../expect.ts';

const OPERATORS: Record<string, string> = {
  '==': 'equals',
  '!=': 'not',
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
};

/** Conditions of Gatus, such as `[BODY].items[0].id == 1` and `len([BODY].items) > 2`. @returns `rest`: those that a scenario cannot say */
export function readConditions(
  conditions: readonly string[],
  text: (written: string) => string,
): { expect: Record<string, unknown> | undefined; rest: { condition: string; why: string }[] } {
  const expect = new Expect();
  const rest: { condition: string; why: string }[] = [];
  for (const condition of conditions) {
    const why = addCondition(condition.trim(), expect, text);
    if (why !== null) rest.push({ condition, why });
  }
  return { expect: expect.written(), rest };
}

/** @returns why it cannot be said; null when it was added */
function addCondition(condition: string, expect: Expect, text: (written: string) => string): string | null {
  const [, left = '', sign = '', right = ''] = /^(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/s.exec(condition) ?? [];
  if (sign === '') return 'it compares nothing';
  const [, functionName, inner] = /^(len|has)\((.*)\)$/.exec(left) ?? [];
  const subject = inner ?? left;
  const operator = OPERATORS[sign]!;
  const already = 'the same value is judged in this way already';
  const add = (kind: string, name: string | null, judged: Record<string, unknown>) =>
    expect.add(kind, name, judged) ? null : already;
  const number = Number(right);
  switch (true) {
    case subject === '[CONNECTED]':
      return right === 'true' && sign === '==' ? null : 'a step that cannot connect fails anyway';
    case subject === '[STATUS]': {
      const any = /^any\((.*)\)$/.exec(right)?.[1]?.split(',').map(Number);
      if (any && operator === 'equals') return add('status', null, { one_of: any });
      return Number.isInteger(number) ? add('status', null, { [operator]: number }) : 'it is no status code';
    }
    case subject === '[RESPONSE_TIME]':
      return ['lt', 'lte', 'gt', 'gte'].includes(operator)
        ? add('duration', null, { [operator]: durationText(goDuration(right) ?? number) })
        : 'a duration is compared with <, <=, > or >=';
    case subject === '[CERTIFICATE_EXPIRATION]': {
      const ms = goDuration(right);
      return ms !== undefined && ['lt', 'lte', 'gt', 'gte'].includes(operator)
        ? add('certificate', null, { expires_in: { [operator]: durationText(ms) } })
        : 'it is no duration';
    }
    case subject.startsWith('[BODY]'): {
      const path = subject.slice('[BODY]'.length);
      const judged =
        functionName === 'has'
          ? { exists: (right === 'true') === (sign === '==') }
          : conditionOf(operator, right, text);
      if (!judged) return 'the pattern cannot be said with an operator';
      const wanted = functionName === 'len' ? { count: 'equals' in judged ? judged.equals : judged } : judged;
      if (path === '' && functionName === undefined)
        return add(
          'body',
          null,
          'matches' in wanted || 'equals' in wanted || 'not' in wanted ? texted(wanted) : wanted,
        );
      return add('jsonpath', jsonPath(path), wanted);
    }
    case subject === '[DNS_RCODE]':
      return right === 'NOERROR' && sign === '==' ? null : 'a DNS step fails unless the answer is NOERROR';
    default:
      return `a scenario does not judge ${subject}`;
  }
}

/** The whole body is a text. */
function texted(condition: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, operand]) => [
      operator,
      typeof operand === 'object' ? operand : String(operand),
    ]),
  );
}

function conditionOf(
  operator: string,
  right: string,
  text: (written: string) => string,
): Record<string, unknown> | null {
  const pattern = /^pat\((.*)\)$/s.exec(right)?.[1];
  if (pattern !== undefined) {
    const regex = `^${pattern.replace(/[.+?^${}()|[\]\\/]/g, '\\$&').replace(/\*/g, '.*')}$`;
    return operator === 'equals' ? { matches: regex } : operator === 'not' ? { not: { matches: regex } } : null;
  }
  const any = /^any\((.*)\)$/s.exec(right)?.[1];
  if (any !== undefined)
    return operator === 'equals' ? { one_of: any.split(',').map((one) => operand(one.trim(), text)) } : null;
  return { [operator]: operand(right, text) };
}

function operand(written: string, text: (written: string) => string): unknown {
  if (/^-?\d+(\.\d+)?$/.test(written) && Number.isSafeInteger(Math.trunc(Number(written)))) return Number(written);
  if (written === 'true' || written === 'false') return written === 'true';
  return text(written.replace(/^(["'])(.*)\1$/s, '$2'));
}

/** `.data[0].name` of Gatus as a JSONPath. */
function jsonPath(path: string): string {
  return `$${path.replace(/\.([^.[\]]+)/g, (_, key: string) => (/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `['${key.replace(/'/g, "\\'")}']`))}`;
}

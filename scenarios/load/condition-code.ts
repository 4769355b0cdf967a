import type { Template } from '../language/template.ts';
import { type Code, mapping } from './code.ts';
import { valueCode, written } from './expression.ts';
import { Refused } from './refusal.ts';
import { regexCode } from './regex-code.ts';
import { constantOf, entriesOf } from './template-parts.ts';

/** A condition with all short forms expanded, as the second argument of `holds`. */
export function conditionCode(condition: Template): Code {
  return mapping(entriesOf(condition).map(([operator, operand]) => [operator, operandCode(operator, operand)]));
}

function operandCode(operator: string, operand: Template): Code {
  if (operator === 'not' || operator === 'count' || operator === 'each') return conditionCode(operand);
  return operator === 'matches' ? patternCode(constantOf(operand)) : valueCode(operand);
}

/** A regular expression of the file as a literal. */
export function patternCode(pattern: unknown): string {
  if (typeof pattern !== 'string')
    throw new Refused('a regular expression with a template in it', 'write the pattern out');
  const made = regexCode(pattern);
  if ('error' in made) throw new Refused(`the regular expression ${pattern}: k6 has nothing like ${made.error}`);
  return made.code;
}

const LONGEST = 60;

/** A condition as the name of a check reads it: `is "hello"`, `is at most 20`. */
export function conditionWords(condition: Template): string {
  return entriesOf(condition)
    .map(([operator, operand]) => operatorWords(operator, operand))
    .join(' and ');
}

function operatorWords(operator: string, operand: Template): string {
  const value = written(operand);
  const shown = short(typeof value === 'string' && value.includes('{{') ? value : JSON.stringify(value));
  switch (operator) {
    case 'equals':
      return `is ${shown}`;
    case 'not':
      return `not: ${conditionWords(operand)}`;
    case 'contains':
      return `contains ${shown}`;
    case 'matches':
      return `matches ${short(String(value))}`;
    case 'exists':
      return value ? 'exists' : 'does not exist';
    case 'type':
      return `is of type ${String(value)}`;
    case 'count':
      return `count ${conditionWords(operand)}`;
    case 'lt':
      return `is less than ${shown}`;
    case 'lte':
      return `is at most ${shown}`;
    case 'gt':
      return `is more than ${shown}`;
    case 'gte':
      return `is at least ${shown}`;
    case 'one_of':
      return `is one of ${shown}`;
    case 'each':
      return `each ${conditionWords(operand)}`;
  }
  throw new Refused(`the operator ${operator}`);
}

function short(text: string): string {
  const letters = [...text];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST).join('')}…` : text;
}

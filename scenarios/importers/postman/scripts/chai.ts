import type { AnyNode } from 'acorn';
import { dotted, patternOf } from './evaluate.ts';
import { negated, typeClaim } from './operators.ts';
import type { Claim, Condition, Subject, Value } from './subject.ts';
import { plain, truth } from './values.ts';

/** `pm.expect(x).to.be.above(3)` as a root and the links behind it. */
export interface Chain {
  readonly root: AnyNode;
  readonly links: readonly Link[];
}

export interface Link {
  readonly name: string;
  /** Undefined for a property that is not called. */
  readonly args: readonly AnyNode[] | undefined;
}

/** Takes a chain apart. `stop` says where it begins. */
export function chainOf(node: AnyNode, stop: (node: AnyNode) => boolean): Chain | null {
  const links: Link[] = [];
  let here: AnyNode = node;
  for (;;) {
    if (stop(here)) return { root: here, links: links.reverse() };
    let args: readonly AnyNode[] | undefined;
    if (here.type === 'CallExpression') {
      args = here.arguments;
      here = here.callee;
    }
    if (here.type !== 'MemberExpression' || here.computed || here.property.type !== 'Identifier') return null;
    links.push({ name: here.property.name, args });
    here = here.object;
  }
}

const WORDS = [
  'to',
  'be',
  'been',
  'is',
  'that',
  'which',
  'and',
  'has',
  'have',
  'with',
  'at',
  'of',
  'same',
  'but',
  'does',
  'still',
  'also',
  'an',
  'a',
];

type Evaluate = (node: AnyNode) => Value;

/**
 * What a chain of Chai (https://www.chaijs.com/api/bdd/) demands of a value; null for what a scenario cannot say.
 * @param value what `pm.expect` was given
 */
export function expectChain(value: Value, links: readonly Link[], evaluate: Evaluate): readonly Claim[] | null {
  if (value?.kind === 'claims' || value?.kind === 'constant') return booleanChain(value, links, evaluate);
  if (value?.kind === 'position') return null;
  const found: Claim[] = [];
  let looked: Value = value;
  let negate = false;
  let nested = false;
  let counted = false;
  for (const { name, args } of links) {
    if (!args && WORDS.includes(name)) continue;
    if (!args && name === 'not') {
      negate = true;
      continue;
    }
    if (!args && ['deep', 'nested', 'own', 'any', 'all', 'include', 'contain', 'ordered'].includes(name)) {
      nested ||= name === 'nested';
      continue;
    }
    if (!args && (name === 'length' || name === 'lengthOf')) {
      counted = true;
      continue;
    }
    if (looked?.kind !== 'subject' && looked?.kind !== 'count' && looked?.kind !== 'type') return null;
    const values = (args ?? []).map(evaluate);
    if (looked.kind === 'type') {
      const wanted = values[0] ? plain(values[0]) : undefined;
      const claim =
        wanted && ['equal', 'eql', 'equals', 'eq'].includes(name)
          ? typeClaim(looked.subject, String(wanted.value))
          : null;
      return claim?.kind === 'claims' && !negate ? claim.claims : null;
    }
    if (name === 'property') {
      const property: Value = propertyOf(looked.subject, values[0], nested);
      if (property?.kind !== 'subject') return null;
      const wanted = values[1] ? plain(values[1]) : undefined;
      if (args!.length > 1 && !wanted) return null;
      const condition = wanted ? { equals: wanted.value } : { exists: true };
      found.push({ subject: property.subject, condition: negate ? negated(condition) : condition });
      looked = property;
      negate = false;
      continue;
    }
    const isCount: boolean = counted || looked.kind === 'count';
    const conditions = conditionsOf(name, values, looked.subject, isCount);
    if (!conditions || (negate && conditions.length > 1)) return null;
    for (const claim of conditions)
      found.push(negate ? { subject: claim.subject, condition: negated(claim.condition) } : claim);
    negate = false;
    counted = false;
  }
  return found.length > 0 ? found : null;
}

/** `pm.expect(body.includes("x")).to.be.true`: the claim is made already. */
function booleanChain(value: Value, links: readonly Link[], evaluate: Evaluate): readonly Claim[] | null {
  const names = links.map(({ name }) => name);
  const last = links.at(-1);
  if (!last || (value?.kind === 'constant' && typeof value.value !== 'boolean')) return null;
  const wanted = last.args?.[0]
    ? plain(evaluate(last.args[0]))?.value
    : last.name === 'true' || last.name === 'ok'
      ? true
      : last.name === 'false'
        ? false
        : undefined;
  if (typeof wanted !== 'boolean' || (last.args && !['equal', 'eql', 'equals', 'eq'].includes(last.name))) return null;
  const positive = wanted !== names.includes('not');
  const claims = truth(value);
  if (!claims) return null;
  if (positive) return claims;
  const [only, second] = claims;
  return only && !second ? [{ subject: only.subject, condition: negated(only.condition) }] : null;
}

function propertyOf(subject: Subject, key: Value | undefined, nested: boolean): Value {
  const name = key ? plain(key)?.value : undefined;
  if (typeof name !== 'string' && typeof name !== 'number') return null;
  if (subject.from !== 'json') return null;
  if (nested) return dotted({ kind: 'subject', subject }, String(name));
  return { kind: 'subject', subject: { from: 'json', path: [...subject.path, name] } };
}

const COMPARISONS: Record<string, string> = {
  above: 'gt',
  gt: 'gt',
  greaterThan: 'gt',
  least: 'gte',
  gte: 'gte',
  greaterThanOrEqual: 'gte',
  below: 'lt',
  lt: 'lt',
  lessThan: 'lt',
  most: 'lte',
  lte: 'lte',
  lessThanOrEqual: 'lte',
};

function conditionsOf(name: string, values: readonly Value[], subject: Subject, isCount: boolean): Claim[] | null {
  const first = values[0] ? plain(values[0]) : undefined;
  const claim = (condition: Condition): Claim[] => [
    { subject, condition: isCount ? { count: counting(condition) } : condition },
  ];
  if (Object.hasOwn(COMPARISONS, name)) return first ? claim({ [COMPARISONS[name]!]: first.value }) : null;
  switch (name) {
    case 'equal':
    case 'equals':
    case 'eql':
    case 'eqls':
    case 'eq':
      return first ? claim({ equals: first.value }) : null;
    case 'within': {
      const high = values[1] ? plain(values[1]) : undefined;
      return first && high ? claim({ gte: first.value, lte: high.value }) : null;
    }
    case 'length':
    case 'lengthOf':
      return first ? [{ subject, condition: { count: first.value } }] : null;
    case 'oneOf':
      return Array.isArray(first?.value) && !isCount ? claim({ one_of: first.value }) : null;
    case 'include':
    case 'includes':
    case 'contain':
    case 'contains':
    case 'string':
      if (!first || isCount) return null;
      if (
        typeof first.value === 'object' &&
        first.value !== null &&
        !Array.isArray(first.value) &&
        subject.from === 'json'
      )
        return Object.entries(first.value).map(([key, value]) => ({
          subject: { from: 'json', path: [...subject.path, key] },
          condition: { equals: value },
        }));
      return claim({ contains: first.value });
    case 'a':
    case 'an': {
      const type = typeof first?.value === 'string' ? typeClaim(subject, first.value) : null;
      return type?.kind === 'claims' ? [...type.claims] : null;
    }
    case 'match':
    case 'matches': {
      const [pattern] = values;
      return pattern?.kind === 'constant' && pattern.value instanceof RegExp
        ? claim({ matches: patternOf(pattern.value) })
        : null;
    }
    case 'keys':
    case 'key': {
      const listed = Array.isArray(first?.value) ? first.value : values.map((value) => plain(value)?.value);
      if (subject.from !== 'json' || listed.some((key) => typeof key !== 'string')) return null;
      return listed.map((key) => ({
        subject: { from: 'json', path: [...subject.path, key as string] },
        condition: { exists: true },
      }));
    }
    case 'true':
      return claim({ equals: true });
    case 'false':
      return claim({ equals: false });
    case 'null':
      return claim({ equals: null });
    case 'undefined':
      return claim({ exists: false });
    case 'exist':
    case 'exists':
      return claim({ exists: true });
    case 'empty':
      return [{ subject, condition: { count: 0 } }];
    case 'ok':
      return [...(truth({ kind: 'subject', subject }) ?? [])];
    default:
      return null;
  }
}

/** `count: 3` for `{ equals: 3 }`. */
function counting(condition: Condition): unknown {
  return 'equals' in condition ? condition.equals : condition;
}

const GROUPS: Record<string, Condition> = {
  ok: { equals: 200 },
  accepted: { equals: 202 },
  badRequest: { equals: 400 },
  unauthorized: { equals: 401 },
  forbidden: { equals: 403 },
  notFound: { equals: 404 },
  rateLimited: { equals: 429 },
  success: { equals: '2xx' },
  redirection: { equals: '3xx' },
  clientError: { equals: '4xx' },
  serverError: { equals: '5xx' },
  info: { equals: '1xx' },
  error: { gte: 400 },
};

/** Status codes by the reason phrases of RFC 9110 §15, as `have.status("Created")` names them. */
const REASONS: Record<string, number> = {
  OK: 200,
  Created: 201,
  Accepted: 202,
  'No Content': 204,
  'Moved Permanently': 301,
  Found: 302,
  'See Other': 303,
  'Not Modified': 304,
  'Bad Request': 400,
  Unauthorized: 401,
  Forbidden: 403,
  'Not Found': 404,
  'Method Not Allowed': 405,
  Conflict: 409,
  Gone: 410,
  'Unprocessable Entity': 422,
  'Unprocessable Content': 422,
  'Too Many Requests': 429,
  'Internal Server Error': 500,
};

/** What `pm.response.to.…` demands (https://learning.postman.com/docs/tests-and-scripts/write-scripts/postman-sandbox-api-reference/). */
export function responseChain(links: readonly Link[], evaluate: Evaluate): readonly Claim[] | null {
  const words = links.filter(({ name, args }) => args || !WORDS.includes(name));
  const negate = words[0]?.name === 'not';
  const [link, ...more] = negate ? words.slice(1) : words;
  if (!link || more.length > 0) return null;
  const claims = responseClaims(link, evaluate);
  if (!negate || !claims) return claims;
  const [only, second] = claims;
  if (!only || second) return null;
  if (link.name === 'error') return [{ subject: only.subject, condition: { lt: 400 } }];
  return typeof only.condition.equals === 'string'
    ? null
    : [{ subject: only.subject, condition: negated(only.condition) }];
}

function responseClaims({ name, args }: Link, evaluate: Evaluate): Claim[] | null {
  const status: Subject = { from: 'status' };
  const values = (args ?? []).map(evaluate);
  const first = values[0] ? plain(values[0])?.value : undefined;
  const second = values[1] ? plain(values[1]) : undefined;
  if (Object.hasOwn(GROUPS, name)) return [{ subject: status, condition: GROUPS[name]! }];
  switch (name) {
    case 'status': {
      const code = typeof first === 'string' ? REASONS[first] : first;
      return typeof code === 'number' ? [{ subject: status, condition: { equals: code } }] : null;
    }
    case 'header':
      if (typeof first !== 'string' || (args!.length > 1 && !second)) return null;
      return [
        {
          subject: { from: 'header', name: first.toLowerCase() },
          condition: second ? { equals: second.value } : { exists: true },
        },
      ];
    case 'json':
    case 'withJson':
      return [{ subject: { from: 'header', name: 'content-type' }, condition: { contains: 'json' } }];
    case 'withBody':
      return [{ subject: { from: 'body' }, condition: { count: { gt: 0 } } }];
    case 'body': {
      if (!args || args.length === 0) return [{ subject: { from: 'body' }, condition: { count: { gt: 0 } } }];
      const [pattern] = values;
      if (pattern?.kind === 'constant' && pattern.value instanceof RegExp)
        return [{ subject: { from: 'body' }, condition: { matches: patternOf(pattern.value) } }];
      return typeof first === 'string' ? [{ subject: { from: 'body' }, condition: { equals: first } }] : null;
    }
    case 'jsonBody': {
      if (!args || args.length === 0) return [{ subject: { from: 'json', path: [] }, condition: { exists: true } }];
      if (typeof first === 'object') return [{ subject: { from: 'json', path: [] }, condition: { equals: first } }];
      const found = dotted({ kind: 'subject', subject: { from: 'json', path: [] } }, String(first));
      if (found?.kind !== 'subject' || (args.length > 1 && !second)) return null;
      return [{ subject: found.subject, condition: second ? { equals: second.value } : { exists: true } }];
    }
    default:
      return null;
  }
}

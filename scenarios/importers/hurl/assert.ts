/** What stands between a query and its predicate, taken apart. */
interface Words {
  readonly query: string;
  readonly argument: string | null;
  readonly filters: readonly { readonly name: string; readonly argument: string | null }[];
  readonly predicate: string;
  readonly negated: boolean;
  readonly value: string | null;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|```[^`]*```|`[^`]*`|\/(?:[^/\\]|\\.)*\/|(?:base64|hex|file),[^;]*;|\{\{[^}]*\}\}|\S+/g;
const QUERIES_WITH_ARGUMENT = ['header', 'cookie', 'jsonpath', 'xpath', 'regex', 'variable', 'certificate'];
const FILTERS_WITH_ARGUMENT = [
  'nth',
  'regex',
  'split',
  'replace',
  'replaceRegex',
  'jsonpath',
  'xpath',
  'decode',
  'format',
  'toDate',
  'dateFormat',
];
const FILTERS = [
  'count',
  'toInt',
  'toFloat',
  'toString',
  'toHex',
  'daysAfterNow',
  'daysBeforeNow',
  'urlEncode',
  'urlDecode',
  'htmlEscape',
  'htmlUnescape',
  'base64Decode',
  'base64Encode',
  'first',
  'last',
  'utf8Decode',
  'utf8Encode',
  ...FILTERS_WITH_ARGUMENT,
];

export type Expectation =
  | { readonly kind: string; readonly name: string | null; readonly condition: Record<string, unknown> }
  | { readonly why: string };

/** One line under [Asserts] (https://hurl.dev/docs/asserting-response.html) as an entry of `expect`. @param text makes a text of Hurl one of a scenario */
export function readAssert(line: string, text: (written: string) => string): Expectation {
  const words = splitAssert(line);
  if (!words) return { why: 'it cannot be read' };
  const { query, argument, filters, negated } = words;
  const counted = filters.at(-1)?.name === 'count';
  const others = counted ? filters.slice(0, -1) : filters;
  let name = argument === null ? null : text(argument);
  const rest = others.filter((filter) => {
    if (query !== 'jsonpath' || name === null) return true;
    if (filter.name === 'nth' || filter.name === 'first') {
      name = `${name}[${filter.name === 'first' ? 0 : filter.argument}]`;
      return false;
    }
    return filter.name !== 'toString';
  });
  const days = rest[0]?.name === 'daysAfterNow';
  if (rest.length > (days ? 1 : 0)) return { why: `the filter ${rest[0]!.name} changes the value before it is judged` };
  const condition = conditionOf(words, text);
  if (!condition)
    return { why: `the predicate ${negated ? 'not ' : ''}${words.predicate} says nothing that an operator says` };
  const counting = (): Record<string, unknown> => ({ count: 'equals' in condition ? condition.equals : condition });
  const judged = counted ? counting() : condition;
  switch (query) {
    case 'status':
      return { kind: 'status', name: null, condition: judged };
    case 'header':
      return { kind: 'header', name: name!.toLowerCase(), condition: judged };
    case 'jsonpath':
      return { kind: 'jsonpath', name: name!, condition: judged };
    case 'xpath': {
      const [, inner] = /^(?:string|count)\((.*)\)$/.exec(name!) ?? [];
      if (name!.startsWith('count(') && inner) return { kind: 'xpath', name: inner, condition: counting() };
      if (/^(boolean|normalize-space|sum|concat|not)\(/.test(name!)) return { why: 'the XPath gives no node' };
      return { kind: 'xpath', name: inner ?? name!, condition: judged };
    }
    case 'cookie': {
      const [, cookie, attribute] = /^([^[]+)(?:\[([A-Za-z-]+)\])?$/.exec(name!) ?? [];
      if (!cookie) return { why: 'it names no cookie' };
      if (attribute === undefined || attribute === 'Value')
        return { kind: 'cookie', name: cookie, condition: { value: judged } };
      const key = { Secure: 'secure', HttpOnly: 'http_only', SameSite: 'same_site', 'Max-Age': 'max_age' }[attribute];
      if (!key) return { why: `the attribute ${attribute} of a cookie is not judged` };
      return {
        kind: 'cookie',
        name: cookie,
        condition: {
          [key]:
            key === 'secure' || key === 'http_only'
              ? judged.exists === true
              : 'equals' in judged
                ? judged.equals
                : judged,
        },
      };
    }
    case 'body':
      return counted
        ? { kind: 'body', name: null, condition: counting() }
        : { kind: 'body', name: null, condition: judged };
    case 'bytes':
      return counted ? { kind: 'bytes', name: null, condition } : { why: 'single bytes are not judged' };
    case 'sha256':
      return typeof condition.equals === 'string'
        ? { kind: 'sha256', name: null, condition }
        : { why: 'a checksum is compared with one value' };
    case 'regex':
      return { kind: 'regex', name: name!, condition: judged };
    case 'duration': {
      const limits = Object.entries(judged).filter(([operator]) => ['lt', 'lte', 'gt', 'gte'].includes(operator));
      return limits.length > 0
        ? {
            kind: 'duration',
            name: null,
            condition: Object.fromEntries(limits.map(([operator, ms]) => [operator, `${ms}ms`])),
          }
        : { why: 'a duration is compared with lt, lte, gt or gte' };
    }
    case 'redirects':
      return counted
        ? { kind: 'redirects', name: null, condition: { count: 'equals' in condition ? condition.equals : condition } }
        : { why: 'redirects are counted' };
    case 'url':
      return { kind: 'redirects', name: null, condition: { url: judged } };
    case 'certificate': {
      if (name === 'Expire-Date' && days)
        return {
          kind: 'certificate',
          name: null,
          condition: {
            expires_in: Object.fromEntries(
              Object.entries(condition).map(([operator, value]) => [operator, `${value}d`]),
            ),
          },
        };
      const key = { Subject: 'subject', Issuer: 'issuer' }[name!];
      return key
        ? { kind: 'certificate', name: null, condition: { [key]: 'equals' in judged ? judged.equals : judged } }
        : { why: `${name} of a certificate is not judged` };
    }
    default:
      return { why: `a scenario does not judge ${query}` };
  }
}

/** What follows `name:` under [Captures]. */
export function readCapture(
  line: string,
  text: (written: string) => string,
): { from: string | Record<string, unknown> } | { why: string } {
  const words = splitQuery(line.match(TOKEN) ?? []);
  if (!words) return { why: 'it cannot be read' };
  const { query, argument, filters } = words;
  let name = argument === null ? null : text(argument);
  for (const filter of filters) {
    if (query === 'jsonpath' && (filter.name === 'nth' || filter.name === 'first'))
      name = `${name}[${filter.name === 'first' ? 0 : filter.argument}]`;
    else if (query === 'body' && filter.name === 'regex' && filters.length === 1)
      return { from: { regex: patternOf(filter.argument ?? '') } };
    else if (filter.name !== 'toString') return { why: `the filter ${filter.name} changes the value` };
  }
  switch (query) {
    case 'jsonpath':
      return { from: name! };
    case 'header':
      return { from: { header: name! } };
    case 'cookie':
      return { from: { cookie: name!.replace(/\[Value\]$/, '') } };
    case 'xpath':
      return { from: { xpath: name!.replace(/^string\((.*)\)$/, '$1') } };
    case 'regex':
      return { from: { regex: patternOf(argument ?? '') } };
    case 'body':
    case 'status':
    case 'duration':
      return { from: { [query]: true } };
    default:
      return { why: `a capture does not take ${query}` };
  }
}

function splitAssert(line: string): Words | null {
  const tokens = line.match(TOKEN) ?? [];
  const start = splitQuery(tokens);
  if (!start) return null;
  let at = start.next;
  const negated = tokens[at] === 'not';
  if (negated) at++;
  const predicate = tokens[at];
  if (predicate === undefined) return null;
  return { ...start, predicate, negated, value: tokens[at + 1] ?? null };
}

function splitQuery(tokens: readonly string[]) {
  const [query, first] = tokens;
  if (query === undefined) return null;
  const takes = QUERIES_WITH_ARGUMENT.includes(query);
  if (takes && first === undefined) return null;
  let next = takes ? 2 : 1;
  const filters: { name: string; argument: string | null }[] = [];
  while (next < tokens.length && FILTERS.includes(tokens[next]!)) {
    const name = tokens[next++]!;
    const argument = FILTERS_WITH_ARGUMENT.includes(name) ? plainText(tokens[next++] ?? '') : null;
    if (name === 'replace' || name === 'replaceRegex') next++;
    filters.push({ name, argument });
  }
  return { query, argument: takes ? plainText(first!) : null, filters, next };
}

const OPERATORS: Record<string, string> = {
  '==': 'equals',
  equals: 'equals',
  '>': 'gt',
  greaterThan: 'gt',
  '>=': 'gte',
  greaterThanOrEquals: 'gte',
  '<': 'lt',
  lessThan: 'lt',
  '<=': 'lte',
  lessThanOrEquals: 'lte',
  contains: 'contains',
  includes: 'contains',
};
const TYPES: Record<string, string> = {
  isBoolean: 'boolean',
  isInteger: 'integer',
  isFloat: 'number',
  isNumber: 'number',
  isString: 'string',
  isCollection: 'array',
  isList: 'array',
  isObject: 'object',
};
const SHAPES: Record<string, string> = {
  isIsoDate: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:?\\d{2})$',
  isUuid: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
  isIpv4: '^\\d{1,3}(\\.\\d{1,3}){3}$',
  isIpv6: '^[0-9a-fA-F:.]+:[0-9a-fA-F:.]*$',
};

function conditionOf(
  { predicate, negated, value }: Words,
  text: (written: string) => string,
): Record<string, unknown> | null {
  const operand = value === null ? undefined : operandOf(value, text);
  const escaped = typeof operand === 'string' ? operand.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') : null;
  let condition: Record<string, unknown> | null = null;
  if (predicate === 'exists') return { exists: !negated };
  if (predicate === 'isEmpty') return { count: negated ? { gt: 0 } : 0 };
  if (predicate === '!=' || predicate === 'notEquals') condition = operand === undefined ? null : { not: operand };
  else if (Object.hasOwn(OPERATORS, predicate))
    condition = operand === undefined ? null : { [OPERATORS[predicate]!]: operand };
  else if (predicate === 'startsWith')
    condition = escaped === null || escaped.includes('\\{\\{') ? null : { matches: `^${escaped}` };
  else if (predicate === 'endsWith')
    condition = escaped === null || escaped.includes('\\{\\{') ? null : { matches: `${escaped}$` };
  else if (predicate === 'matches') condition = value === null ? null : { matches: patternOf(plainText(value)) };
  else if (Object.hasOwn(TYPES, predicate)) condition = { type: TYPES[predicate] };
  else if (Object.hasOwn(SHAPES, predicate)) condition = { matches: SHAPES[predicate] };
  if (!condition || !negated) return condition;
  return 'equals' in condition && (typeof condition.equals !== 'object' || condition.equals === null)
    ? { not: condition.equals }
    : 'not' in condition
      ? null
      : { not: condition };
}

function operandOf(token: string, text: (written: string) => string): unknown {
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(Number(token)) ? Number(token) : token;
  if (/^-?\d*\.\d+([eE][+-]?\d+)?$/.test(token)) return Number(token);
  if (token === 'true' || token === 'false') return token === 'true';
  if (token === 'null') return null;
  if (/^hex,/.test(token)) return token.slice(4, -1).trim().toLowerCase();
  if (/^(base64|file),/.test(token)) return undefined;
  return text(plainText(token));
}

/** A quoted text without its quotes, a regular expression without its slashes. */
function plainText(token: string): string {
  if (token.startsWith('```')) return token.slice(3, -3).replace(/^\n/, '');
  if (token.startsWith('`')) return token.slice(1, -1);
  if (/^\/.*\/$/s.test(token)) return token.slice(1, -1).replace(/\\\//g, '/');
  if (!token.startsWith('"')) return token;
  return token.slice(1, -1).replace(/\\(u\{([0-9a-fA-F]+)\}|.)/g, (_, letter: string, code: string | undefined) => {
    if (code) return String.fromCodePoint(Number.parseInt(code, 16));
    return { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }[letter] ?? letter;
  });
}

const patternOf = (pattern: string) => pattern.replace(/^\/(.*)\/$/s, '$1');

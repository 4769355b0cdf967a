import { isMapping, listOf, type Mapping } from '../../language/written.ts';
import { Expect } from '../expect.ts';

type Condition = Record<string, unknown>;

/** What stands under `check` of a step. @returns `rest`: what a scenario cannot say */
export function readChecks(
  check: Mapping,
  deep: (value: unknown) => unknown,
): { expect: Record<string, unknown> | undefined; rest: { check: string; why: string }[] } {
  const expect = new Expect();
  const rest: { check: string; why: string }[] = [];
  const put = (kind: string, name: string | null, written: unknown, about: string) => {
    for (const condition of conditionsOf(written, deep)) {
      if (condition === null) rest.push({ check: about, why: 'the matcher says nothing that an operator says' });
      else if (!expect.add(kind, name, condition))
        rest.push({ check: about, why: 'the same value is judged in this way already' });
    }
  };
  const each = (kind: string, written: unknown, name: (key: string) => string = (key) => key) => {
    for (const [key, value] of Object.entries(isMapping(written) ? written : {}))
      put(kind, name(key), value, `${kind} ${key}`);
  };
  let schema: unknown;
  for (const [key, written] of Object.entries(check)) {
    switch (key) {
      case 'status': {
        const group = /^\/\^?([1-5])/.exec(String(written))?.[1];
        if (typeof written === 'string' && group && /^\/\^?[1-5](\d\{2\}|\.\.|\\d\\d|0)?\$?\/$/.test(written))
          expect.add('status', null, { equals: `${group}xx` });
        else put('status', null, written, 'status');
        break;
      }
      case 'headers':
        each('header', written, (name) => name.toLowerCase());
        break;
      case 'body':
        put('body', null, written, 'body');
        break;
      case 'json':
        for (const [path, value] of leaves(written, '$')) put('jsonpath', path, value, `json ${path}`);
        break;
      case 'jsonpath':
        each('jsonpath', written);
        break;
      case 'xpath':
        each('xpath', written);
        break;
      case 'selectors':
        each('css', written);
        break;
      case 'cookies':
        each('cookie', written);
        break;
      case 'schema':
        schema =
          isMapping(written) &&
          Object.keys(written).length === 1 &&
          '$ref' in written &&
          String(written.$ref).startsWith('#/components')
            ? undefined
            : written;
        if (schema === undefined) rest.push({ check: 'schema', why: 'it stands among the components of the workflow' });
        break;
      case 'performance':
        for (const [phase, limit] of Object.entries(isMapping(written) ? written : {})) {
          const [condition] = conditionsOf(limit, deep);
          const limits = Object.entries(condition ?? {}).filter(([operator]) =>
            ['lt', 'lte', 'gt', 'gte', 'equals'].includes(operator),
          );
          const inWords = Object.fromEntries(
            limits.map(([operator, ms]) => [operator === 'equals' ? 'lte' : operator, `${ms}ms`]),
          );
          const known: Record<string, string> = {
            firstByte: 'first_byte',
            dns: 'dns',
            tcp: 'connect',
            tls: 'tls',
            download: 'download',
          };
          if (limits.length > 0 && (phase === 'total' || known[phase]))
            expect.add('duration', null, phase === 'total' ? inWords : { [known[phase]!]: inWords });
          else rest.push({ check: `performance ${phase}`, why: 'it is no phase of a request' });
        }
        break;
      case 'ssl':
        if (isMapping(written)) {
          if (written.signed === true || written.valid === true) expect.add('certificate', null, { trusted: true });
          const [days] = conditionsOf(written.daysUntilExpiration, deep);
          const limits = Object.entries(days ?? {}).filter(([operator]) =>
            ['lt', 'lte', 'gt', 'gte'].includes(operator),
          );
          if (limits.length > 0)
            expect.add('certificate', null, {
              expires_in: Object.fromEntries(limits.map(([operator, count]) => [operator, `${count}d`])),
            });
        }
        break;
      case 'sha256':
        expect.add('sha256', null, { equals: String(written).toLowerCase() });
        break;
      case 'size':
        put('bytes', null, written, 'size');
        break;
      case 'redirects':
        rest.push({ check: key, why: 'the places on the way are not judged' });
        break;
      default:
        rest.push({ check: key, why: 'a scenario does not judge it' });
    }
  }
  const made = expect.written();
  return { expect: schema === undefined ? made : { ...made, json_schema: deep(schema) }, rest };
}

/** The values inside of a JSON body that is expected in part. */
function leaves(value: unknown, path: string): [string, unknown][] {
  if (!isMapping(value)) return [[path, Array.isArray(value) ? { equals: value } : value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}['${key.replace(/'/g, "\\'")}']`),
  );
}

const TYPES: Record<string, string> = {
  isNumber: 'number',
  isString: 'string',
  isBoolean: 'boolean',
  isNull: 'null',
  isArray: 'array',
  isObject: 'object',
};

/** A value, a pattern between slashes, or a list of matchers (https://docs.stepci.com/reference/matchers.html); null for one that has no operator. */
function conditionsOf(written: unknown, deep: (value: unknown) => unknown): (Condition | null)[] {
  if (written === undefined) return [];
  if (isMapping(written) && 'equals' in written) return [{ equals: deep(written.equals) }];
  if (!Array.isArray(written)) {
    const pattern = typeof written === 'string' ? /^\/(.*)\/[gimsu]*$/s.exec(written)?.[1] : undefined;
    return [pattern === undefined ? { equals: deep(written) } : { matches: pattern }];
  }
  return listOf(written).map((matcher): Condition | null => {
    if (!isMapping(matcher)) return null;
    const [name = '', operand] = Object.entries(matcher)[0] ?? [];
    switch (name) {
      case 'eq':
        return { equals: deep(operand) };
      case 'ne':
        return typeof operand === 'object' && operand !== null
          ? { not: { equals: deep(operand) } }
          : { not: deep(operand) };
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        return { [name]: operand };
      case 'in':
      case 'contains':
        return { contains: deep(operand) };
      case 'nin':
        return { not: { contains: deep(operand) } };
      case 'match':
        return { matches: String(operand).replace(/^\/(.*)\/[gimsu]*$/s, '$1') };
      case 'isDefined':
      case 'defined':
        return { exists: operand !== false };
      default:
        return Object.hasOwn(TYPES, name) && operand !== false ? { type: TYPES[name] } : null;
    }
  });
}

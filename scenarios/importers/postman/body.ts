import { field, isMapping, listOf, type Mapping } from '../../language/written.ts';
import { exactJson, literalValue } from '../literal.ts';
import type { ForeignBody } from '../request.ts';
import { pairsOf, text } from './collection.ts';
import type { Variables } from './variables.ts';

export interface PostmanBody {
  readonly body: ForeignBody | null;
  /** The header that Postman adds for it, unless the request has one. */
  readonly contentType?: string;
}

const TYPES: Record<string, string> = {
  json: 'application/json',
  xml: 'application/xml',
  html: 'text/html',
  javascript: 'application/javascript',
  text: 'text/plain',
};

/** @param reference makes the path of a file one that the scenario can name */
export function readBody(
  written: unknown,
  variables: Variables,
  reference: (path: string) => string,
  omit: (what: string, why: string, instead: string) => void,
): PostmanBody {
  if (!isMapping(written) || written.disabled === true) return { body: null };
  switch (written.mode) {
    case 'raw': {
      const raw = text(written.raw);
      if (raw.trim() === '') return { body: null };
      const language = text(field(field(written.options, 'raw'), 'language'));
      const json = templatedJson(raw, variables);
      // Without a language, Postman sends what it was given as text; people mean what it looks like.
      const type = TYPES[language] ?? (json && typeof json.value === 'object' ? TYPES.json : undefined);
      return { body: { kind: 'text', text: variables.translate(raw), json }, ...(type ? { contentType: type } : {}) };
    }
    case 'urlencoded': {
      const fields = pairsOf(written.urlencoded).map(
        ({ key, value }) => [variables.translate(key), variables.translate(text(value))] as const,
      );
      return { body: fields.length > 0 ? { kind: 'form', fields } : null };
    }
    case 'formdata': {
      const parts = pairsOf(written.formdata).flatMap(({ key, value, entry }) =>
        formPart(key, value, entry, variables, reference, omit),
      );
      return { body: parts.length > 0 ? { kind: 'multipart', parts } : null };
    }
    case 'file': {
      const source = text(field(written.file, 'src'));
      const content = field(written.file, 'content');
      if (typeof content === 'string') return { body: { kind: 'text', text: variables.translate(content) } };
      if (source !== '') return { body: { kind: 'file', path: reference(source) } };
      return { body: null };
    }
    case 'graphql': {
      const query = text(field(written.graphql, 'query'));
      const given = field(written.graphql, 'variables');
      const values =
        typeof given === 'string' ? (given.trim() === '' ? undefined : templatedJson(given, variables)?.value) : given;
      if (typeof given === 'string' && given.trim() !== '' && values === undefined)
        omit('the variables of a GraphQL query', 'they are no JSON that can be read', 'write them under "variables"');
      const operation = text(field(written.graphql, 'operationName'));
      return {
        body: {
          kind: 'json',
          value: {
            query: variables.translate(query),
            ...(values === undefined ? {} : { variables: values }),
            ...(operation === '' ? {} : { operationName: operation }),
          },
        },
      };
    }
    default:
      return { body: null };
  }
}

function formPart(
  key: string,
  value: unknown,
  entry: Mapping,
  variables: Variables,
  reference: (path: string) => string,
  omit: (what: string, why: string, instead: string) => void,
): [string, unknown][] {
  const name = variables.translate(key);
  if (name === '') return [];
  if (entry.type !== 'file') return [[name, variables.translate(text(value))]];
  const [source] = Array.isArray(entry.src) ? listOf(entry.src) : [entry.src];
  if (typeof source !== 'string' || source === '') {
    omit(
      `the file of the part "${key}"`,
      'the collection does not say which',
      `write it under multipart: { ${key}: { file: ./… } }`,
    );
    return [];
  }
  const type = text(entry.contentType);
  return [[name, { file: reference(source), ...(type === '' ? {} : { content_type: type }) }]];
}

const MARK = '\u0001';

/**
 * JSON with `{{name}}` in it, quoted or bare, as a structure of a scenario.
 * @returns undefined when it is no JSON, or could be sent in another type than Postman would
 */
function templatedJson(raw: string, variables: Variables): { value: unknown } | undefined {
  if (raw.includes(MARK)) return undefined;
  const keys: string[] = [];
  let inText = false;
  const prepared = raw.replace(/\\.|"|\{\{([^{}]*)\}\}/gs, (found: string, key: string | undefined) => {
    if (found === '"') inText = !inText;
    if (key === undefined) return found;
    keys.push(key);
    return inText ? `${MARK}${keys.length - 1}${MARK}` : `"${MARK}bare${keys.length - 1}${MARK}"`;
  });
  const read = exactJson(escapeMarks(prepared));
  if (!read) return undefined;
  let usable = true;
  const put = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const bare = new RegExp(`^${MARK}bare(\\d+)${MARK}$`).exec(value);
      if (bare) {
        const { text: expression, type } = variables.expression(keys[Number(bare[1])]!);
        // A text without quotes around it could be a number or a whole list: only a raw body sends it as it is.
        if (type === 'string') usable = false;
        return `{{ ${expression} }}`;
      }
      const whole = new RegExp(`^${MARK}(\\d+)${MARK}$`).exec(value);
      if (whole) {
        const { text: expression, type } = variables.expression(keys[Number(whole[1])]!);
        return type === 'string' ? `{{ ${expression} }}` : `{{ ${expression} | string }}`;
      }
      return value.replace(
        new RegExp(`${MARK}(\\d+)${MARK}`, 'g'),
        (_, index: string) => `{{ ${variables.expression(keys[Number(index)]!).text} }}`,
      );
    }
    if (Array.isArray(value)) return value.map(put);
    if (isMapping(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, put(item)]));
    return value;
  };
  const hasMarkedKey = JSON.stringify(read.value).match(/"[^"]*\\u0001[^"]*":/) !== null;
  const value = put(keys.length > 0 ? read.value : literalValue(read.value));
  return usable && !hasMarkedKey ? { value } : undefined;
}

/** JSON does not allow a control character in a text. */
function escapeMarks(text: string): string {
  return text.replaceAll(MARK, '\\u0001');
}

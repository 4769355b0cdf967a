import type { Exchange, ExchangeResponse } from '../../exchange.ts';
import { CompiledSchema, type Mismatch } from '../json-schema.ts';
import type { Description, Place } from './description.ts';
import type { Operation } from './operations.ts';

/** One thing that was looked at; `problem` is null when the answer conforms in it. */
export interface Finding {
  /** `status`, `content type`, `header x-total`, `body /items/0`. */
  readonly subject: string;
  readonly expected: string;
  readonly actual: string;
  readonly problem: string | null;
}

/** Compares an answer with what its operation describes: status, content type, headers, body. */
export function conformance(
  operation: Operation,
  description: Description,
  { response, request }: Exchange,
): Finding[] {
  const responses = description.child(operation.place, 'responses');
  const found = responses && responseFor(response.status, responses, description);
  const described = responses ? Object.keys(responses.value).join(', ') : 'none';
  const status = String(response.status);
  if (!found) {
    const problem = `status ${status} is not described for ${operation.name}, only ${described || 'none'}`;
    return [{ subject: 'status', expected: described, actual: status, problem }];
  }
  return [
    { subject: 'status', expected: described, actual: status, problem: null },
    ...headerFindings(found, description, response),
    ...bodyFindings(found, description, response, request.method === 'HEAD'),
  ];
}

/** The exact status, then its class, then `default` (OpenAPI 3.1.0 §4.8.16). */
function responseFor(status: number | null, responses: Place, description: Description): Place | undefined {
  const range = `${Math.floor((status ?? 0) / 100)}XX`;
  const keys = [String(status), range, range.toLowerCase(), 'default'];
  const key = keys.find((one) => Object.hasOwn(responses.value, one));
  return key === undefined ? undefined : description.child(responses, key);
}

function headerFindings(place: Place, description: Description, response: ExchangeResponse): Finding[] {
  const headers = description.child(place, 'headers');
  if (!headers) return [];
  return description.children(headers).flatMap(([name, header]): Finding[] => {
    // Content-Type is described by `content` (OpenAPI 3.1.0 §4.8.17).
    if (name.toLowerCase() === 'content-type') return [];
    const subject = `header ${name.toLowerCase()}`;
    const text = response.headers.get(name);
    if (text === undefined) {
      const problem = header.value.required === true ? `${subject} is missing and required` : null;
      return [{ subject, expected: 'to exist', actual: 'missing', problem }];
    }
    const schema = description.child(header, 'schema');
    if (!schema) return [];
    return valueFindings(subject, schema, description, simpleValue(text, schema), text.length);
  });
}

/** A header's text in the `simple` style: what the schema wants to be a number, a boolean or a list is read as one. */
function simpleValue(text: string, { value: { type } }: Place): unknown {
  const types = [type].flat();
  if (types.includes('array')) return text.split(',').map((item) => scalar(item.trim()));
  return types.some((one) => one === 'integer' || one === 'number' || one === 'boolean') ? scalar(text) : text;
}

function scalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function bodyFindings(place: Place, description: Description, response: ExchangeResponse, isHead: boolean): Finding[] {
  const content = description.child(place, 'content');
  const types = content ? Object.keys(content.value) : [];
  if (!content || types.length === 0 || isHead) return [];
  const expected = types.join(', ');
  const subject = 'content type';
  const contentType = response.headers.get('content-type');
  if (response.bytes.length === 0) {
    const problem = `the body is empty, expected ${expected}`;
    return [{ subject: 'body', expected, actual: 'empty', problem }];
  }
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  const key = bestType(type, types);
  if (!key) {
    const actual = contentType ?? 'missing';
    return [{ subject, expected, actual, problem: `content type is ${actual}, expected ${expected}` }];
  }
  const asExpected = { subject, expected, actual: type, problem: null };
  const media = description.child(content, key);
  const schema = media && description.child(media, 'schema');
  if (!schema || !/^[^/]+\/(?:.+\+)?json$/.test(type)) return [asExpected];
  const { json } = response;
  if ('error' in json)
    return [asExpected, { subject: 'body', expected: 'JSON', actual: json.error, problem: json.error }];
  return [asExpected, ...valueFindings('body', schema, description, json.value, response.bytes.length)];
}

/** The most specific range that covers a media type; parameters do not count. */
function bestType(type: string, described: readonly string[]): string | undefined {
  const bare = (written: string) => written.split(';')[0]!.trim().toLowerCase();
  const group = `${type.split('/')[0]}/*`;
  return [type, group, '*/*'].flatMap((wanted) => described.filter((one) => bare(one) === wanted))[0];
}

function valueFindings(
  subject: string,
  schema: Place,
  description: Description,
  value: unknown,
  sizeBytes: number,
): Finding[] {
  const compiled = description.schema(schema);
  if (!(compiled instanceof CompiledSchema)) {
    const problem = `${subject} cannot be judged: ${compiled.error}`;
    return [{ subject, expected: 'what the schema describes', actual: 'not judged', problem }];
  }
  const mismatches = compiled.mismatches(value, sizeBytes);
  if (mismatches.length === 0)
    return [{ subject, expected: 'what the schema describes', actual: 'conforms', problem: null }];
  return mismatches.map((mismatch) => ({
    subject: `${subject}${mismatch.pointer && ` ${mismatch.pointer}`}`,
    expected: mismatch.wanted,
    actual: mismatch.found,
    problem: sentence(subject, mismatch),
  }));
}

function sentence(subject: string, { pointer, wanted, found }: Mismatch): string {
  if (found === '') return wanted;
  return `${subject}${pointer && ` ${pointer}`} ${wanted}, found ${found}`;
}

import Type from 'typebox';
import type { CaptureSource } from '../../language/model.ts';
import type { Exchange } from '../exchange.ts';
import { type Captured, type CaptureKind, checkPattern, defineCapture, type SpecProblem } from './assertion.ts';
import { compileJsonQuery } from './json-query.ts';
import { extractRegex } from './regex.ts';
import { assertionKinds } from './registry.ts';

/** What `capture` can read, by key: whatever the assertion folders offer. */
export const captureKinds: ReadonlyMap<string, CaptureKind> = new Map([
  ...Object.entries(builtIn()),
  ...assertionKinds.flatMap(({ kind, capture }) => (capture ? [[kind, capture] as const] : [])),
]);

/** Takes a value out of an exchange; the error says what is not there. Pure. A query for several nodes gives a list. */
export function readCapture({ kind, spec }: CaptureSource, exchange: Exchange): Captured {
  return captureKinds.get(kind)!.read(spec, exchange);
}

function builtIn(): Record<string, CaptureKind> {
  const always = (description: string) => Type.Literal(true, { description, examples: [true] });
  const written = (description: string, example: string) =>
    Type.String({ minLength: 1, description, examples: [example] });
  return {
    jsonpath: defineCapture<string>({
      spec: written('Value of the JSON body (RFC 9535).', '$.access_token'),
      check: checkPath,
      subject: (path) => path,
      read: readPath,
    }),
    header: defineCapture<string>({
      spec: written('Value of a response header.', 'location'),
      subject: (name) => `header ${name}`,
      read(name, { response }) {
        const value = response.headers.get(name);
        return value === undefined ? { error: `there is no header ${name}` } : { value };
      },
    }),
    status: defineCapture<true>({
      spec: always('The status code.'),
      subject: () => 'status',
      read: (_, { response }) => ({ value: response.status }),
    }),
    body: defineCapture<true>({
      spec: always('The whole body as text.'),
      subject: () => 'body',
      read: (_, { response }) => ({ value: response.text }),
    }),
    regex: defineCapture<string>({
      spec: written(
        'First group of a regular expression (RE2 syntax) found in the body, or the whole match.',
        'id=(\\d+)',
      ),
      check: (pattern) => checkPattern(pattern, [], 'value'),
      subject: () => 'regex',
      read(pattern, { response }) {
        const match = extractRegex(pattern, response.text);
        if (match === null) return { error: `the body does not match ${pattern}` };
        if ('error' in match) return match;
        return match.value === null
          ? { error: `the group of ${pattern} took no part in the match` }
          : { value: match.value };
      },
    }),
  };
}

function checkPath(path: string): SpecProblem[] {
  const made = compileJsonQuery(path);
  if (path === '' || !('error' in made)) return [];
  const hint = path.startsWith('$') ? {} : { hint: 'a JSONPath begins with $, for example: $.id' };
  const span = { offset: made.offset, length: 1 };
  return [{ path: [], part: 'value', message: `not a JSONPath: ${made.error}`, span, ...hint }];
}

function readPath(path: string, { response }: Exchange): Captured {
  const body = response.json;
  if ('error' in body) return { error: `${path} cannot be read: ${body.error}` };
  const query = compileJsonQuery(path);
  if ('error' in query) return { error: query.error };
  const found = query.select(body.value);
  if ('error' in found) return found;
  if (!query.singular) return { value: found };
  return found.length === 0 ? { error: `there is nothing at ${path}` } : { value: found[0] };
}

import type { CaptureSource } from '../../language/model.ts';
import type { Exchange } from '../exchange.ts';
import { compileJsonQuery } from './json-query.ts';
import { extractRegex } from './regex.ts';

export type Captured = { readonly value: unknown } | { readonly error: string };

/** Takes a value out of an exchange; the error says what is not there. Pure. A query for several nodes gives a list. */
export function readCapture(from: CaptureSource, { response }: Exchange): Captured {
  switch (from.kind) {
    case 'status':
      return { value: response.status };
    case 'body':
      return { value: response.text };
    case 'header': {
      const value = response.headers.get(from.name);
      return value === undefined ? { error: `there is no header ${from.name}` } : { value };
    }
    case 'jsonpath': {
      const body = response.json;
      if ('error' in body) return { error: `${from.path} cannot be read: ${body.error}` };
      const query = compileJsonQuery(from.path);
      if ('error' in query) return { error: query.error };
      const found = query.select(body.value);
      if ('error' in found) return found;
      if (!query.singular) return { value: found };
      return found.length === 0 ? { error: `there is nothing at ${from.path}` } : { value: found[0] };
    }
    case 'regex': {
      const match = extractRegex(from.pattern, response.text);
      if (match === null) return { error: `the body does not match ${from.pattern}` };
      if ('error' in match) return match;
      return match.value === null
        ? { error: `the group of ${from.pattern} took no part in the match` }
        : { value: match.value };
    }
  }
}

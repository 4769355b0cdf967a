import { malformed } from '../signatures.ts';
import type { InboundRequest, Refusal } from './inbound.ts';
import { jsonErrorOffset } from './json-error.ts';

/** The JSON object or list of a body, or a refusal that says where it goes wrong. */
export function readJson(request: Pick<InboundRequest, 'rawBody'>): { body: object } | Refusal {
  if (request.rawBody.length === 0) return malformed('the body is empty; a JSON document is expected');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(request.rawBody);
  } catch {
    return malformed('the body is not UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed(`the body is not JSON: it goes wrong at ${placeIn(text)}`);
  }
  if (typeof value !== 'object' || value === null) return malformed('the body must be a JSON object');
  return { body: value };
}

function placeIn(text: string): string {
  const before = text.slice(0, jsonErrorOffset(text)).split('\n');
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

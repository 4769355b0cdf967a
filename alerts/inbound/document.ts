import { malformed } from '../signatures.ts';
import type { InboundRequest, Refusal } from './inbound.ts';

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
  } catch (error) {
    return malformed(`the body is not JSON: ${whereOf(error as SyntaxError, text)}`);
  }
  if (typeof value !== 'object' || value === null) return malformed('the body must be a JSON object');
  return { body: value };
}

/** The engine's words name the place by an offset, or not at all when the text just ends. */
function whereOf({ message }: SyntaxError, text: string): string {
  const offset = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

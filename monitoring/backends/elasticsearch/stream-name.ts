import { Buffer } from 'node:buffer';
import type { Signal } from '../../exporter.ts';

/** Of a data set or namespace, by Elastic's naming scheme for data streams. */
const MAX_PART_BYTES = 100;

/**
 * `<signal>-<prefix>.<service>-<environment>`, as Elasticsearch allows it: lower case, none of `\ / * ? " < > | , # :`
 * or white space, no hyphen inside a part, at most 100 bytes each. What is not allowed becomes an underscore; services
 * whose names then agree share a stream, and are told apart by `service.name`.
 * @see https://www.elastic.co/docs/reference/fleet/data-streams-scheme
 */
export function streamName(signal: Signal, prefix: string, service: string, environment: string): string {
  return `${signal}-${part(`${prefix}.${service}`)}-${part(environment)}`;
}

/** Every stream of one signal, or the pattern of its template. */
export function streamPattern(signal: Signal, prefix: string): string {
  return `${signal}-${prefix}.*-*`;
}

function part(text: string): string {
  // Other control characters are legal in an index name and unreadable in every tool.
  const allowed = text.toLowerCase().replaceAll(/[\\/*?"<>|,#:\s\p{C}-]/gu, '_');
  let bytes = 0;
  let kept = '';
  for (const character of allowed) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_PART_BYTES) break;
    kept += character;
  }
  return kept === '' ? 'default' : kept;
}

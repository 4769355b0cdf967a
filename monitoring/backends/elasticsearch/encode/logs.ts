import type { SpoolRecord } from '../../../exporter.ts';
import { emptyAttributes } from '../../../otlp/decode-attributes.ts';
import { type DecodedLog, decodeLogs } from '../../../otlp/index.ts';
import { levelOf, severityOf } from '../../../otlp/severity.ts';
import type { Attributes } from '../../../telemetry.ts';
import { formatNs, msToNs } from '../nanoseconds.ts';
import type { BulkBody } from './bulk-body.ts';
import { stringify } from './json-bytes.ts';
import type { Origins } from './origin.ts';
import { recordId } from './record-id.ts';

const EXCEPTIONS: Readonly<Record<string, string>> = {
  'exception.type': 'error.type',
  'exception.message': 'error.message',
  'exception.stacktrace': 'error.stack_trace',
};

export class LogEncoder {
  readonly #origins: Origins;

  constructor(origins: Origins) {
    this.#origins = origins;
  }

  /**
   * @returns how many log records were written
   * @throws OtlpDecodeError when the bytes are no request
   */
  encode(record: SpoolRecord, body: BulkBody): number {
    const logs = decodeLogs(record.bytes);
    const id = recordId(record);
    for (const [index, log] of logs.entries()) {
      const origin = this.#origins.of('logs', log.resource, log.scopeName);
      const document = stringify(this.#document(log, record, index));
      const out = body.begin(document.length * 3 + origin.action.length + origin.fields.length + 128);
      out.put(origin.action);
      out.ascii(`${id}${index.toString(36)}"}}\n`);
      out.utf8(document.slice(0, -1));
      out.ascii(',');
      out.put(origin.fields);
      out.ascii('}\n');
      body.end();
    }
    return logs.length;
  }

  #document(log: DecodedLog, record: SpoolRecord, index: number) {
    const own: Attributes = emptyAttributes();
    const errors: Record<string, string> = {};
    let hasOwn = false;
    for (const name in log.attributes) {
      const value = log.attributes[name]!;
      const field = EXCEPTIONS[name];
      if (field !== undefined && typeof value === 'string') errors[field] = value;
      else {
        own[name] = value;
        hasOwn = true;
      }
    }
    return {
      '@timestamp': formatNs(log.timeNs > 0n ? log.timeNs : msToNs(record.receivedAt)),
      'log.level': levelOf(severityOf(log)),
      message: typeof log.body === 'string' ? log.body : log.body === null ? '' : stringify(log.body),
      ...(isId(log.traceId) ? { 'trace.id': log.traceId } : {}),
      ...(isId(log.spanId) ? { 'span.id': log.spanId } : {}),
      ...(log.eventName === '' ? {} : { 'event.name': log.eventName }),
      ...errors,
      ...(hasOwn ? { attributes: own } : {}),
      'ringdown.position': record.position,
      'ringdown.item': index,
    };
  }
}

/** An id of zeros is no id (W3C trace context). */
function isId(text: string): boolean {
  return /[1-9a-f]/.test(text);
}

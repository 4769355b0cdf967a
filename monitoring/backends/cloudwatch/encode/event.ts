import { Buffer } from 'node:buffer';
import type { SpoolRecord } from '../../../exporter.ts';

/** Each event is counted with 26 bytes more than its message. */
const EVENT_OVERHEAD_BYTES = 26;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
export const MAX_EVENT_BYTES = 1_048_576;

/** One log event to be put, and what of the spool it carries. */
export interface LogEvent {
  group: string;
  /** Stream inside the group. */
  stream: string;
  /** Unix milliseconds. */
  timestampMs: number;
  message: string;
  /** As CloudWatch counts them. */
  sizeBytes: number;
  record: SpoolRecord;
  /** Place among the record's events: the same whenever the record comes. */
  index: number;
  /** Items of the record that the event stands for. */
  items: number;
}

export function sizeOf(message: string): number {
  return Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
}

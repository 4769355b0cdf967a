import { TemplateError } from './templates.js';

/** Random UUID (version 4). */
export function uuid() {
  const hex = Array.from({ length: 32 }, () => randomInt(0, 15).toString(16)).join('');
  const variant = '89ab'[randomInt(0, 3)];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** A whole number, both ends included. */
export function randomInt(low, high) {
  return low + Math.floor(Math.random() * (high - low + 1));
}

/** Lower-case letters and digits. */
export function randomString(length) {
  return Array.from({ length }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[randomInt(0, 35)]).join('');
}

/** Seconds since 1970. */
export function timestamp() {
  return Math.floor(Date.now() / 1000);
}

/** A time in UTC: iso, unix, unix_ms, http, or a pattern such as yyyy-MM-dd. */
export function formatTime(milliseconds, format) {
  const at = new Date(milliseconds);
  const iso = at.toISOString();
  if (format === 'iso') return iso;
  if (format === 'unix') return Math.floor(milliseconds / 1000);
  if (format === 'unix_ms') return Math.floor(milliseconds);
  if (format === 'http') return at.toUTCString();
  const [yyyy, MM, dd, HH, mm, ss, SSS] = iso.split(/\D+/).filter(Boolean);
  const fields = { yyyy, MM, dd, HH, mm, ss, SSS };
  return format.replace(/yyyy|MM|dd|HH|mm|ss|SSS|'([^']*)'/g, (piece, plain) => plain ?? fields[piece]);
}

/** A time of RFC 3339, or milliseconds since 1970. */
export function asTime(value) {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : value;
  if (typeof milliseconds !== 'number' || Number.isNaN(new Date(milliseconds).getTime()))
    throw new TemplateError(`${JSON.stringify(value)} is not a time`);
  return milliseconds;
}

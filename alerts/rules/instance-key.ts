import { createHash } from 'node:crypto';

/** Keys are stored and indexed; a label may be as long as a URL. */
const LONGEST_KEY = 400;

/** `rule:<policy>/<rule>{label="value",…}`: what the desk calls an instance of a rule. At most 400 characters. */
export function monitorKey(policy: string, rule: string, labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const inside = entries.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',');
  const key = `rule:${policy}/${rule}${inside && `{${inside}}`}`;
  if (key.length <= LONGEST_KEY) return key;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  // Half of a letter would be another one when the key comes back from the database.
  return `${key.slice(0, LONGEST_KEY - 20).toWellFormed()}…~${hash}`;
}

/** What `monitorKey` made; null for any other monitor. Labels are null where the key was too long to hold them. */
export function readMonitorKey(
  key: string,
): { policy: string; rule: string; labels: Record<string, string> | null } | null {
  const match =
    /^rule:([^/{]+)\/([^{…]+)(?:\{(.*)\})?(…~[0-9a-f]{16})?$/s.exec(key) ?? /^rule:([^/{]+)\/([^{]+)\{/.exec(key);
  if (!match) return null;
  const [, policy, rule, inside] = match;
  const names: Record<string, string> = {};
  if (inside === undefined) return { policy: policy!, rule: rule!, labels: key.includes('{') ? null : names };
  let at = 0;
  const entry = /([^=,]+)=("(?:[^"\\]|\\.)*")(?:,|$)/gy;
  while (at < inside.length) {
    entry.lastIndex = at;
    const found = entry.exec(inside);
    if (!found) return { policy: policy!, rule: rule!, labels: null };
    names[found[1]!] = JSON.parse(found[2]!) as string;
    at = entry.lastIndex;
  }
  return { policy: policy!, rule: rule!, labels: names };
}

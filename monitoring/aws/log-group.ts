/** Where the cloudwatch backend writes when nothing else is said. */
export const DEFAULT_LOG_GROUP = '/ringdown/{service}/{environment}';

/** A log group's name: 1 to 512 of these (API reference of CreateLogGroup); `{service}` and `{environment}` are places. */
export const LOG_GROUP_PATTERN = '^(?!aws/)([a-zA-Z0-9_\\-/.#]|\\{service\\}|\\{environment\\}){1,512}$';

const MOST_CHARACTERS = 512;

/** Fills the places of a pattern; characters that a log group's name cannot have become `_`. */
export function logGroupOf(pattern: string, service: string, environment: string): string {
  return pattern
    .replaceAll('{service}', nameable(service))
    .replaceAll('{environment}', nameable(environment))
    .slice(0, MOST_CHARACTERS);
}

function nameable(text: string): string {
  return text.replace(/[^a-zA-Z0-9_\-.#]/g, '_') || '_';
}

/** What all groups of a pattern begin with. */
export function commonPrefix(pattern: string): string {
  const place = pattern.search(/\{(service|environment)\}/);
  return place < 0 ? pattern : pattern.slice(0, place);
}

/** Whether a group of this name could have come from the pattern. */
export function isOfPattern(pattern: string, name: string): boolean {
  const parts = pattern.split(/\{(?:service|environment)\}/).map((part) => part.replace(/[.\\+*?^$()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('[a-zA-Z0-9_\\-.#]+')}$`).test(name);
}

const MAX_TYPE = 256;
const MAX_MESSAGE = 4 * 1024;
const MAX_STACK = 16 * 1024;

/**
 * The `exception.*` attributes of anything that can be thrown. Long texts are cut, and an object whose accessors
 * throw is described as far as it allows.
 */
export function describeException(thrown: unknown, { stack }: { stack: boolean }): Record<string, string> {
  const attributes: Record<string, string> = { 'exception.type': exceptionType(thrown) };
  const message = messageOf(thrown);
  if (message !== undefined) attributes['exception.message'] = message.slice(0, MAX_MESSAGE);
  const trace = stack ? textProperty(thrown, 'stack') : undefined;
  if (trace !== undefined) attributes['exception.stacktrace'] = trace.slice(0, MAX_STACK);
  return attributes;
}

/** The class of an error, or the JavaScript type of a value that is none. */
export function exceptionType(thrown: unknown): string {
  const type =
    textProperty(thrown, 'name') || (typeof thrown === 'object' && thrown !== null ? 'Object' : typeof thrown);
  return type.slice(0, MAX_TYPE);
}

function messageOf(thrown: unknown): string | undefined {
  if (typeof thrown === 'object' && thrown !== null) return textProperty(thrown, 'message');
  if (typeof thrown === 'function') return undefined;
  return String(thrown);
}

function textProperty(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const property = (value as Record<string, unknown>)[name];
    return typeof property === 'string' && property !== '' ? property : undefined;
  } catch {
    // An accessor of the app's own error threw; there is nothing to record.
    return undefined;
  }
}

import { type Diagnostic, diagnosticWithin, type Path, type SourceDocument } from '../../core/document/index.ts';

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Replaces `${NAME}` in every text of the document from the environment. Keys are left alone.
 * An unset or empty variable is a diagnostic that names file, line and variable; values are never printed.
 */
export function substitute(
  doc: SourceDocument,
  env: Readonly<Record<string, string | undefined>>,
): { value: unknown; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];

  const replace = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => replace(item, [...path, index]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item, [...path, key])]));
    }
    if (typeof value !== 'string') return value;
    return value.replace(VARIABLE, (whole: string, name: string, offset: number) => {
      const replacement = env[name];
      if (replacement) return replacement;
      diagnostics.push(
        diagnosticWithin(
          doc,
          path,
          { offset, length: whole.length },
          `environment variable ${name} is not set`,
          `set it, or remove this line`,
        ),
      );
      return whole;
    });
  };

  return { value: replace(doc.value, []), diagnostics };
}

/** For commands that do not need every value: a variable that is not set stands for itself, `${NAME}`. */
export function withPlaceholders(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const get = (_target: object, name: string | symbol) =>
    (Object.hasOwn(env, name) ? env[String(name)] : undefined) ?? `\${${String(name)}}`;
  return new Proxy({}, { get, has: () => true });
}

/** Whether a text still names a variable whose value the command does without: such a text cannot be judged. */
export function isPlaceholder(text: string): boolean {
  return text.search(VARIABLE) >= 0;
}

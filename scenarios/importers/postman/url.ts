import { isMapping, listOf } from '../../language/written.ts';
import { pairsOf, text } from './collection.ts';
import type { Variables } from './variables.ts';

/** Nested variables beyond this are a loop. */
const MOST_STEPS = 10;

/**
 * The URL of a request as Postman would send it, with the variables at its beginning put in as far as they are known.
 * @returns `base` names the variable that stands for the address and has no value in the document
 */
export function readUrl(written: unknown, variables: Variables): { url: string; base?: string } {
  const raw = isMapping(written) ? text(written.raw) || assembled(written) : text(written);
  const path = isMapping(written) ? withPathVariables(raw, written.variable) : raw;
  let url = path.trim();
  for (let step = 0; step < MOST_STEPS; step++) {
    const [whole, scheme = '', key = ''] = /^(https?:\/\/)?\{\{([^{}]*)\}\}/i.exec(url) ?? [];
    if (whole === undefined) break;
    const value = variables.known(key.trim());
    const rest = url.slice(whole.length);
    if (!value)
      return {
        url: rest.startsWith('/') || rest === '' ? rest || '/' : `/${rest.replace(/^[^/?#]*/, '').replace(/^\//, '')}`,
        base: key.trim(),
      };
    url = `${/^https?:\/\//i.test(value) ? '' : scheme}${value.replace(/\/$/, '')}${rest}`;
  }
  if (!/^(https?:\/\/|\/|\{\{)/i.test(url)) url = `http://${url.replace(/^[a-z]+:\/\//i, '')}`;
  return { url };
}

function assembled(url: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown, separator: string) =>
    Array.isArray(value)
      ? value.map((piece) => (isMapping(piece) ? text(piece.value) : text(piece))).join(separator)
      : text(value);
  const host = part(url.host, '.');
  const protocol = text(url.protocol);
  const port = text(url.port);
  const query = pairsOf(url.query).map(({ key, value }) =>
    value === null || value === undefined ? key : `${key}=${text(value)}`,
  );
  return `${protocol === '' ? '' : `${protocol}://`}${host}${port === '' ? '' : `:${port}`}/${part(url.path, '/')}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** `/users/:id` with the value of `id`; without one, a variable of that name. */
function withPathVariables(raw: string, declared: unknown): string {
  const values = new Map(
    listOf(declared).flatMap((entry) =>
      isMapping(entry) ? [[text(entry.key ?? entry.id), text(entry.value)] as const] : [],
    ),
  );
  const query = raw.search(/[?#]/);
  const path = query < 0 ? raw : raw.slice(0, query);
  const filled = path.replace(/(?<=[^/:]\/):([A-Za-z_][\w-]*)/g, (_, key: string) => {
    const value = values.get(key) ?? '';
    if (value === '') return `{{${key}}}`;
    return value.includes('{{') ? value : encodeURIComponent(value.toWellFormed());
  });
  return filled + (query < 0 ? '' : raw.slice(query));
}

import type { Escaping } from '../../../language/template.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'];

/** Splits `POST /v1/posts`; the url's offset counts in the text. */
export function splitRequestLine(line: string): { method: string; url: string; urlOffset: number } | undefined {
  const match = /^\s*(\S+)\s+(?=\S)/.exec(line);
  if (!match) return undefined;
  return { method: match[1]!, url: line.slice(match[0].length).trimEnd(), urlOffset: match[0].length };
}

/** What is wrong with a method, in words. */
export function methodProblem(method: string): { message: string; hint: string } | undefined {
  if (METHODS.includes(method)) return undefined;
  const upper = method.toUpperCase();
  const hint = METHODS.includes(upper) ? `write it in capitals: ${upper}` : `known: ${METHODS.join(', ')}`;
  return { message: `unknown HTTP method "${method}"`, hint };
}

/** What is wrong with a URL as written, templates left out. */
export function urlProblem(url: string): { message: string; hint: string } | undefined {
  if (!/^(\/|https?:\/\/|\{\{)/.test(url)) {
    return {
      message: `"${url.slice(0, 80)}" is no path`,
      hint: 'begin with / (joined to base_url) or with http:// or https://',
    };
  }
  if (/\s/.test(url.replace(/\{\{.*?\}\}/g, ''))) return { message: 'a URL cannot contain spaces', hint: 'write %20' };
  if (url.replace(/\{\{.*?\}\}/g, '').includes('#'))
    return { message: 'a fragment (#) is never sent', hint: 'leave it out' };
  return undefined;
}

/** The path as written: no origin, no query. */
export function routeOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?]+/, '');
  const query = path.replace(/\{\{.*?\}\}/g, (template) => '\0'.repeat(template.length)).indexOf('?');
  return (query < 0 ? path : path.slice(0, query)) || '/';
}

/** What substituted values must be made safe for in a raw body. */
export function bodyEscaping(contentType: string | undefined, body: string): Escaping {
  if (contentType !== undefined)
    return /json/i.test(contentType) ? 'json' : /xml|html/i.test(contentType) ? 'xml' : 'none';
  const first = body.trimStart()[0];
  return first === '{' && !body.trimStart().startsWith('{{')
    ? 'json'
    : first === '['
      ? 'json'
      : first === '<'
        ? 'xml'
        : 'none';
}

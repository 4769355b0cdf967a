import type { ChannelProblem } from '../../notifier.ts';
import { escapeHtml, escapeXml } from '../markup.ts';
import type { TemplateView } from './names.ts';
import { misplacedNames } from './places.ts';
import { renderTemplate, renderText, templateProblems, textOf } from './template.ts';

/** How a body is written; what is put into a text is escaped for it. */
type Format = 'json' | 'form' | 'xml' | 'html' | 'plain';

const AS_WRITTEN = /^text\/(?:plain|markdown)$/;
const PATH = ['template'];

/**
 * What is wrong with a template for bodies of this type.
 * @param type the header `content-type` of the user; undefined where there is none
 */
export function formatProblems(template: unknown, type: string | undefined): readonly ChannelProblem[] {
  const problem = (message: string, hint: string): ChannelProblem[] => [{ path: PATH, message, hint }];
  const format = formatOf(template, type);
  const problems = templateProblems(template, PATH);
  if (type !== undefined && !/^utf-?8$/i.test(/;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1] ?? 'utf-8')) {
    return [
      ...problem('bodies are written in UTF-8, and content-type says otherwise', 'leave the charset out'),
      ...problems,
    ];
  }
  if (format === null) {
    const known = 'a form (application/x-www-form-urlencoded), XML, HTML, text/plain and text/markdown';
    return [
      ...problem(`nobody knows how to escape what is put into a body of ${mediaType(type!)}`, `a text may be ${known}`),
      ...problems,
    ];
  }
  if (typeof template === 'string') {
    if (format === 'json') {
      return [
        ...problem(
          'the template is a text, and the header says that it is JSON: a quote in a title would break it',
          'write it as a map or list, without quotes around the whole',
        ),
        ...problems,
      ];
    }
    return format === 'xml' || format === 'html' ? [...problems, ...misplacedNames(template, format, PATH)] : problems;
  }
  if (format === 'json') return problems;
  if (format === 'form' && isMap(template)) return problems;
  return [
    ...problem(
      `the header says that the body is ${mediaType(type!)}, and the template is a ${isMap(template) ? 'map' : 'list or value'}`,
      format === 'form' ? 'write a map of fields' : 'write it as a text, or leave the header out: then it is JSON',
    ),
    ...problems,
  ];
}

/**
 * A body made of a template without problems.
 * @param type as for `formatProblems`
 * @returns `type` is the header where the user gives none
 */
export function writeBody(
  template: unknown,
  type: string | undefined,
  view: TemplateView,
): { type: string; body: string } {
  const format = formatOf(template, type);
  if (typeof template === 'string') {
    const body = renderText(template, view, ESCAPED[format ?? 'plain']);
    return { type: type ?? 'text/plain; charset=utf-8', body };
  }
  const rendered = renderTemplate(template, view);
  if (format === 'form' && isMap(rendered)) {
    const fields = Object.entries(rendered).map(([name, value]) => `${inForm(name)}=${inForm(textOf(value))}`);
    return { type: type!, body: fields.join('&') };
  }
  return { type: type ?? 'application/json', body: JSON.stringify(rendered) };
}

const ESCAPED: Readonly<Record<Format, (value: string) => string>> = {
  json: (value) => JSON.stringify(value).slice(1, -1),
  form: inForm,
  xml: escapeXml,
  html: escapeHtml,
  plain: (value) => value.toWellFormed(),
};

/** Null where nobody knows how such a body is written. */
function formatOf(template: unknown, header: string | undefined): Format | null {
  if (header === undefined) return typeof template === 'string' ? 'plain' : 'json';
  const type = mediaType(header);
  if (/json/.test(type)) return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (/^(?:text|application)\/xml$|\+xml$/.test(type)) return 'xml';
  return AS_WRITTEN.test(type) ? 'plain' : null;
}

function mediaType(header: string): string {
  return header.split(';', 1)[0]!.trim().toLowerCase();
}

/** https://url.spec.whatwg.org/#concept-urlencoded-serializer, with `%20` for a space, which every reader takes. */
function inForm(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

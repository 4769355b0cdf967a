import { nearest } from '../../../core/document/index.ts';
import type { ChannelProblem } from '../../notifier.ts';
import { fillIn, namesIn, withoutNames } from '../../template.ts';
import { NAMES, type TemplateView } from './names.ts';

const WHOLE = /^\{\{([^{}]*)\}\}$/;
const DEEPEST = 20;

type Path = readonly (string | number)[];

/**
 * Everything that is wrong with a template: names that no notification has, and `{{` without its end.
 * Logic-less: there is nothing but names, and they reach own properties only.
 */
export function templateProblems(template: unknown, path: Path = []): readonly ChannelProblem[] {
  if (path.length > DEEPEST) return [{ path, message: `a template may be ${DEEPEST} levels deep` }];
  if (typeof template === 'string') return textProblems(template, path);
  if (Array.isArray(template)) return template.flatMap((item, index) => templateProblems(item, [...path, index]));
  if (typeof template === 'object' && template !== null) {
    return Object.entries(template).flatMap(([key, value]) => [
      ...(key.includes('{{') ? [{ path: [...path, key], message: 'a key cannot be a template' }] : []),
      ...templateProblems(value, [...path, key]),
    ]);
  }
  return [];
}

/**
 * The template with names replaced. A text that is exactly one name keeps the type of its value: a number stays a number,
 * a list a list, and what is not there is null. Within a text what is not there is empty, and lists are JSON.
 */
export function renderTemplate(template: unknown, view: TemplateView): unknown {
  if (typeof template === 'string') {
    const [, name] = WHOLE.exec(template) ?? [];
    return name === undefined ? renderText(template, view) : lookUp(name.trim(), view);
  }
  if (Array.isArray(template)) return template.map((item) => renderTemplate(item, view));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, renderTemplate(value, view)]));
}

/** The template of a body that is text, as text. @param escaped of what is put in, for the language of the body */
export function renderText(
  template: string,
  view: TemplateView,
  escaped: (value: string) => string = (value) => value,
): string {
  return fillIn(template, (name) => escaped(textOf(lookUp(name, view))));
}

/** What is not there is empty; lists and maps are JSON. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function textProblems(text: string, path: Path): ChannelProblem[] {
  return [
    ...namesIn(text).flatMap((name) => nameProblem(name, path)),
    ...(/\{\{|\}\}/.test(withoutNames(text))
      ? [{ path, message: 'a template is written {{ name }}, with both its ends' }]
      : []),
  ];
}

function nameProblem(name: string, path: Path): ChannelProblem[] {
  let known: unknown = NAMES;
  const parts = name.split('.');
  for (const [index, part] of parts.entries()) {
    // Labels have dots in their names: what follows is one key.
    if (known === 'any') return part === '' ? [{ path, message: `"${name}" ends with a dot` }] : [];
    const inside = typeof known === 'object' && known !== null ? known : {};
    if (!Object.hasOwn(inside, part)) return [unknown(name, parts.slice(0, index), part, Object.keys(inside), path)];
    known = (inside as Record<string, unknown>)[part];
  }
  return [];
}

function unknown(name: string, before: string[], part: string, known: string[], path: Path): ChannelProblem {
  const message = name === '' ? 'a template needs a name between {{ and }}' : `there is no "${name}"`;
  const near = nearest(part.slice(0, 64), known);
  const place = before.length > 0 ? `${before.join('.')} has` : 'there are';
  if (near !== undefined) return { path, message, hint: `did you mean "${[...before, near].join('.')}"?` };
  return { path, message, ...(known.length > 0 ? { hint: `${place}: ${known.join(', ')}` } : {}) };
}

/** Null for whatever is not there. */
function lookUp(name: string, view: TemplateView): unknown {
  let value: unknown = view;
  const parts = name.split('.');
  for (const [index, part] of parts.entries()) {
    if (typeof value !== 'object' || value === null) return null;
    const whole = parts.slice(index).join('.');
    if (Object.hasOwn(value, whole)) return (value as Record<string, unknown>)[whole] ?? null;
    if (!Object.hasOwn(value, part)) return null;
    value = (value as Record<string, unknown>)[part];
  }
  return value ?? null;
}

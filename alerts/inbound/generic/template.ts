import { fillIn, namesIn } from '../../template.ts';
import { at, text } from '../fields.ts';

const PATH = /^(body|item)(\.[^\s.]+)*$/;

/** Everything that is wrong with a template, in words; its names reach own properties only. */
export function templateProblems(template: string): string[] {
  return namesIn(template).flatMap((path) =>
    PATH.test(path) ? [] : [`{{ ${path} }} must be a path that begins with body or item, such as {{ body.alert.id }}`],
  );
}

/** @returns null where nothing remains: every placeholder led nowhere, and there is no text besides */
export function fill(template: string, document: { body: unknown; item: unknown }): string | null {
  const filled = fillIn(template, (path) => text(valueAt(document, path)) ?? '');
  return filled.trim() || null;
}

/** @param path `body.alert.id`, `item.labels.team`, `body.alerts.0.id` */
export function valueAt(document: { body: unknown; item: unknown }, path: string): unknown {
  return at(document, ...path.split('.'));
}

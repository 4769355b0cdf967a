import { Change } from './change.ts';
import type { Diagnostic } from './diagnostic.ts';
import { readDocument } from './document.ts';
import type { Layout } from './print.ts';
import { type Path, same, valueAt, withValue } from './values.ts';

/** A value to put at a path, or, where it is undefined, the entry to take away. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
}

export type Edited = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/**
 * Changes a YAML text, and only the bytes of what is changed: comments, order, quotes and everything else stay as they
 * are. What is added is laid out by `layout`; a new key stands where its order puts it. The result reads as the edited
 * data. A path whose parents are missing makes them; an index past the end of a list appends.
 * @returns diagnostics, and nothing changed, where the text cannot be read or a path leads through what is no mapping or list
 */
export function editDocument(text: string, edits: readonly Edit[], layout: Layout = {}): Edited {
  let current = text;
  for (const { path, value } of edits) {
    const before = readDocument(current, '');
    if (before.diagnostics.length > 0) return { diagnostics: before.diagnostics };
    const old = valueAt(before.value, path);
    if (same(old, value)) continue;
    const wanted = withValue(before.value, path, value);
    if ('error' in wanted) {
      const message = `${path.join('.')} ${wanted.error}`;
      return { diagnostics: [{ file: '', ...before.locate(path), message }] };
    }
    const edited = applied(current, before.value, wanted.value, { path, value }, layout);
    if (edited === undefined) {
      return {
        diagnostics: [{ file: '', ...before.locate(path), message: `${path.join('.')} cannot be changed here` }],
      };
    }
    current = edited;
  }
  return { text: current };
}

/** The narrowest change that reads as what is wanted: at the path, or, where its surroundings do not allow it, further out. */
function applied(text: string, old: unknown, wanted: unknown, edit: Edit, layout: Layout): string | undefined {
  const { path } = edit;
  for (let depth = path.length; depth >= 0; depth--) {
    const at = path.slice(0, depth);
    const value = depth === path.length ? edit.value : valueAt(wanted, at);
    for (const oneLine of [false, true]) {
      const edited = new Change(text, layout, oneLine).put(at, value, valueAt(old, at) !== undefined);
      if (edited === undefined) continue;
      const read = readDocument(edited, '');
      if (read.diagnostics.length === 0 && same(read.value, wanted)) return edited;
    }
  }
  return undefined;
}

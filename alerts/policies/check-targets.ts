import {
  type Diagnostic,
  diagnosticAt,
  type Path,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import type { KnownNames } from './known-names.ts';
import { ALL_CHANNELS } from './policy.ts';

const ON_CALL = 'on-call:';
const USER = 'user:';

/** What is wrong with a name under `notify`: a channel, `on-call:<schedule>`, `user:<name>` or `all`. */
export function checkTarget(doc: SourceDocument, path: Path, name: string, known: KnownNames): Diagnostic[] {
  if (name === ALL_CHANNELS) return [];
  const { channels, schedules, users } = known;
  if (name.startsWith(ON_CALL)) return check('on-call schedule', name.slice(ON_CALL.length), schedules);
  if (name.startsWith(USER)) return check('user', name.slice(USER.length), users);
  if (channels?.includes(name) !== false) return [];
  // Whoever writes `primary` or `kim` means a schedule or a person.
  if (schedules?.includes(name)) return found(`unknown channel "${name}"`, `did you mean "${ON_CALL}${name}"?`);
  if (users?.includes(name)) return found(`unknown channel "${name}"`, `did you mean "${USER}${name}"?`);
  const all = [...channels, ALL_CHANNELS, ...(schedules ?? []).map((one) => `${ON_CALL}${one}`)];
  return found(`unknown channel "${name}"`, suggestion(name, all));

  function found(message: string, hint?: string): Diagnostic[] {
    return [diagnosticAt(doc, path, message, hint)];
  }

  function check(what: string, wanted: string, names: readonly string[] | undefined): Diagnostic[] {
    if (names?.includes(wanted) !== false) return [];
    const hint = names.length === 0 ? 'on_call in ringdown.yaml has none' : suggestion(wanted, names);
    return found(`unknown ${what} "${wanted}"`, hint);
  }
}

import { useCallback, useEffect, useRef, useState } from 'react';
import type { ScenarioCheck, ScenarioText } from '../../../../control/resources.ts';
import { ApiProblem, api } from '../api/client.ts';
import type { FormEdit } from './form-values.ts';

/** So long after the last key the text is checked. */
const QUIET_MS = 300;

interface Kept {
  text: string;
  /** What the text was made from. */
  saved: { text: string; version: string };
}

// Leaving the page by a link must not cost what was typed; reloading it asks first.
const kept = new Map<string, Kept>();

export interface Draft {
  text: string;
  saved: { text: string; version: string };
  changed: boolean;
  /** The draft is from an earlier visit of this page. */
  restored: boolean;
  /** Of the text; of an earlier one while `checking`. */
  check: ScenarioCheck;
  checking: boolean;
  /** Why the text could not be checked or edited; null when it could. */
  problem: string | null;
  setText(text: string): void;
  edit(edits: readonly FormEdit[]): Promise<void>;
  /** The file holds this now. */
  settle(text: string, version: string): void;
  setCheck(check: Partial<ScenarioCheck>): void;
}

export function useDraft(path: string, file: ScenarioText): Draft {
  const [{ text, saved }, setKept] = useState<Kept>(
    () => kept.get(path) ?? { text: file.text, saved: { text: file.text, version: file.version } },
  );
  const [restored] = useState(() => kept.has(path));
  const [check, setCheck] = useState<ScenarioCheck>({ diagnostics: file.diagnostics, outline: file.outline });
  const [checked, setChecked] = useState(file.text);
  const [problem, setProblem] = useState<string | null>(null);
  const changed = text !== saved.text;
  const latest = useRef(text);
  latest.current = text;

  useEffect(() => {
    if (changed) kept.set(path, { text, saved });
    else kept.delete(path);
  }, [path, text, saved, changed]);

  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [changed]);

  useEffect(() => {
    if (text === checked) return;
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      api<ScenarioCheck>(`${path}/check`, { method: 'POST', body: { text }, signal: abort.signal }).then(
        (found) => {
          if (abort.signal.aborted) return;
          setCheck(found);
          setChecked(text);
          setProblem(null);
        },
        (error: unknown) => {
          if (!abort.signal.aborted) setProblem((error as Error).message);
        },
      );
    }, QUIET_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, text, checked]);

  const setText = useCallback((next: string) => setKept((before) => ({ ...before, text: next })), []);

  const edit = useCallback(
    async (edits: readonly FormEdit[]) => {
      try {
        for (;;) {
          const from = latest.current;
          const edited = await api<{ text: string }>(`${path}/edit`, { method: 'POST', body: { text: from, edits } });
          // Typed meanwhile: the edit belongs into that.
          if (latest.current !== from) continue;
          latest.current = edited.text;
          setText(edited.text);
          setProblem(null);
          return;
        }
      } catch (error) {
        setProblem(error instanceof ApiProblem ? error.message : String(error));
      }
    },
    [path, setText],
  );

  const settle = useCallback((next: string, version: string) => {
    setKept((before) => ({ text: before.text, saved: { text: next, version } }));
  }, []);

  return {
    text,
    saved,
    changed,
    restored,
    check,
    checking: text !== checked,
    problem,
    setText,
    edit,
    settle,
    setCheck: useCallback((more: Partial<ScenarioCheck>) => setCheck((before) => ({ ...before, ...more })), []),
  };
}

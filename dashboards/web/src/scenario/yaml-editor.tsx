import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { ScenarioDiagnostic } from '../../../../control/resources.ts';
import { mountEditor } from './mounted-editor.ts';
import { lineEndOf, replacement, spanOf } from './places.ts';
import { yamlLook } from './yaml-look.ts';

export interface YamlEditorHandle {
  /** Puts the cursor there and shows the place. */
  goTo(line: number, column: number): void;
}

interface YamlEditorProps {
  text: string;
  /** Of this text. */
  diagnostics: readonly ScenarioDiagnostic[];
  readOnly: boolean;
  onChange(text: string): void;
  ref: Ref<YamlEditorHandle>;
}

/** The file as YAML, with mistakes underlined, marked beside their line and told under the pointer. */
export function YamlEditor({ text, diagnostics, readOnly, onChange, ref }: YamlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const told = useRef(onChange);
  told.current = onChange;
  const first = useRef(text);
  /** What was typed and told, but has not come back as `text` yet. */
  const underWay = useRef<string[]>([]);
  const takingOver = useRef(false);

  useEffect(() => {
    const lineEnd = lineEndOf(first.current);
    const mounted = mountEditor(host.current!, first.current, [
      EditorState.lineSeparator.of(lineEnd),
      EditorState.readOnly.of(readOnly),
      lineNumbers(),
      lintGutter(),
      history(),
      indentOnInput(),
      bracketMatching(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...lintKeymap]),
      EditorView.contentAttributes.of({
        'aria-label': 'Scenario file',
        'aria-describedby': 'scenario-mistakes',
        spellcheck: 'false',
        tabindex: '0',
      }),
      yamlLook,
      EditorView.updateListener.of((update) => {
        if (!update.docChanged || takingOver.current) return;
        const typed = update.state.sliceDoc();
        underWay.current.push(typed);
        told.current(typed);
      }),
    ]);
    view.current = mounted;
    return () => mounted.destroy();
  }, [readOnly]);

  useEffect(() => {
    const { state } = view.current!;
    const echo = underWay.current.lastIndexOf(text);
    underWay.current.splice(0, echo + 1);
    // Who types faster than the page is drawn must not get back what stood there a key ago.
    if (echo >= 0 || state.sliceDoc() === text) return;
    underWay.current = [];
    // In the editor's own lines, whatever the file's end in.
    const { from, to, insert } = replacement(state.doc.toString(), state.toText(text).toString());
    takingOver.current = true;
    view.current!.dispatch({ changes: { from, to, insert: state.toText(insert.replaceAll('\n', state.lineBreak)) } });
    takingOver.current = false;
  }, [text]);

  useEffect(() => {
    if (view.current!.state.sliceDoc() === text) underWay.current = [];
  });

  useEffect(() => {
    const { state } = view.current!;
    const lines = state.doc.toString().split('\n');
    const marks = diagnostics.map(
      (diagnostic): Diagnostic => ({
        ...spanOf(diagnostic, lines),
        severity: 'error',
        message: diagnostic.hint ? `${diagnostic.message} (${diagnostic.hint})` : diagnostic.message,
      }),
    );
    view.current!.dispatch(setDiagnostics(state, marks));
  }, [diagnostics]);

  useImperativeHandle(ref, () => ({
    goTo(line, column) {
      const { state } = view.current!;
      const { from } = spanOf({ line, column, end_column: null }, state.doc.toString().split('\n'));
      view.current!.dispatch({
        selection: { anchor: from },
        effects: EditorView.scrollIntoView(from, { y: 'center' }),
      });
      view.current!.focus();
    },
  }));

  return <div ref={host} className="yaml-editor" />;
}

import { unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { mountEditor } from './mounted-editor.ts';
import { yamlLook } from './yaml-look.ts';

/** What would have to change for one text to become the other, line by line; what is the same is folded away. */
export function TextDifference({ label, before, after }: { label: string; before: string; after: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const view = mountEditor(host.current!, after, [
      EditorState.readOnly.of(true),
      lineNumbers(),
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      yamlLook,
      unifiedMergeView({
        original: before,
        mergeControls: false,
        collapseUnchanged: { margin: 2, minSize: 4 },
      }),
    ]);
    return () => view.destroy();
  }, [label, before, after]);
  return <div ref={host} className="yaml-editor" />;
}

import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--passing)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--text-faint)' },
  { tag: [tags.labelName, tags.typeName, tags.keyword, tags.meta], color: 'var(--degraded)' },
]);

// The library's own marks are data: addresses, which the page does not allow.
const theme = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '13px' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', maxHeight: '70vh', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-gutters': {
    backgroundColor: 'var(--surface-sunken)',
    color: 'var(--text-faint)',
    borderRight: '1px solid var(--border)',
  },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 6%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-gutter-lint': { width: '14px' },
  '.cm-gutter-lint .cm-gutterElement': { padding: '0 2px' },
  '.cm-lint-marker': { width: '10px', height: '10px', marginTop: '5px', borderRadius: '50%' },
  '.cm-lint-marker-error': { content: 'normal', backgroundColor: 'var(--failing-fill)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--failing-fill)',
    textUnderlineOffset: '3px',
    textDecorationSkipInk: 'none',
  },
  '.cm-lintPoint-error:after': { borderBottomColor: 'var(--failing-fill)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--border-control)',
    borderRadius: 'var(--radius-small)',
    maxWidth: 'min(420px, 90vw)',
  },
  '.cm-diagnostic': { fontFamily: 'var(--sans)', padding: '6px 10px' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--failing-fill)' },
  '.cm-panels': { backgroundColor: 'var(--surface-sunken)', color: 'var(--text)' },
  '.cm-panels button, .cm-panels input': { font: 'inherit', color: 'inherit', backgroundImage: 'none' },
  '.cm-changedLine': { backgroundColor: 'var(--diff-added) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--diff-removed) !important' },
  '.cm-changedText, .cm-deletedText, .cm-deletedChunk .cm-deletedText': {
    background: 'none !important',
    textDecoration: 'underline',
  },
  '.cm-deletedLine, .cm-deletedLine del': { textDecoration: 'none' },
  '.cm-changeGutter': { width: '4px' },
  '.cm-changedLineGutter': { background: 'var(--passing-fill) !important' },
  '.cm-deletedLineGutter': { background: 'var(--failing-fill) !important' },
  // The library's sign is missing in many fonts.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"⋯"' },
  '.cm-collapsedLines': {
    background: 'var(--surface-sunken) !important',
    color: 'var(--text-soft)',
    padding: '3px 10px',
  },
});

/** How scenario files look wherever they are shown. */
export const yamlLook: Extension = [yaml(), syntaxHighlighting(colours), theme];

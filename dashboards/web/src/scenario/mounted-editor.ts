import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

/**
 * Puts an editor into an element. It stands in a shadow root: there it may bring its styles along as objects, where the
 * page's policy refuses a style element.
 */
export function mountEditor(host: HTMLElement, text: string, extensions: Extension): EditorView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  root.replaceChildren();
  const parent = document.createElement('div');
  root.append(parent);
  return new EditorView({ parent, root, state: EditorState.create({ doc: text, extensions }) });
}

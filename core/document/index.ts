export { checkDocument, hasShape } from './check.ts';
export { columns, type Diagnostic, inOrder, renderDiagnostic, renderDiagnostics } from './diagnostic.ts';
export {
  diagnosticAt,
  diagnosticWithin,
  MAX_DOCUMENT_BYTES,
  MAX_DOCUMENT_DEPTH,
  type Path,
  type Place,
  readDocument,
  type SourceDocument,
} from './document.ts';
export { type Edit, type Edited, editDocument } from './edit.ts';
export { type Layout, printYaml } from './print.ts';
export { nearest, suggestion } from './suggest.ts';

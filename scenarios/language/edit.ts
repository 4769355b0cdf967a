import { type Edit, type Edited, editDocument } from '../../core/document/index.ts';
import { scenarioLayout } from './print.ts';

/**
 * Changes a scenario file as a form in a user interface does, and only the bytes of what is changed: comments, order and
 * quotes stay. A value that is undefined takes its key or item away; a new key stands where the documentation has it.
 * Whether the result is a valid scenario is for `parseScenario` to say.
 */
export function editScenario(text: string, edits: readonly Edit[]): Edited {
  return editDocument(text, edits, scenarioLayout);
}

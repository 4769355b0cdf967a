import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { ScenarioDiagnostic, ScenarioText } from '../../../../control/resources.ts';
import { ApiProblem, api, monitorPath } from '../api/client.ts';
import { Crumbs, Panel } from '../parts/page-parts.tsx';
import { plural } from '../time/words.ts';
import { ScenarioForm } from './scenario-form.tsx';
import { TextDifference } from './text-difference.tsx';
import { TryPanel } from './try-panel.tsx';
import { useDraft } from './use-draft.ts';
import { YamlEditor, type YamlEditorHandle } from './yaml-editor.tsx';
import './scenario-page.css';

interface EditorProps {
  /** Of the scenario in the HTTP API. */
  path: string;
  file: ScenarioText;
  monitorKey: string;
  environment: string;
}

/** A scenario file as form and as YAML, to be tried and saved. */
export default function ScenarioEditor({ path, file, monitorKey, environment }: EditorProps) {
  const draft = useDraft(path, file);
  const { text, saved, changed, check } = draft;
  const editor = useRef<YamlEditorHandle>(null);
  const [saving, setSaving] = useState(false);
  // What was said of a text is over with the next letter.
  const [said, sayOf] = useState({
    words: draft.restored ? 'What you changed before is here again; it is not saved yet.' : '',
    text,
  });
  const [theirs, setTheirs] = useState<{ text: string; version: string } | null>(null);
  const readOnly = !file.writable;
  const mistakes = check.diagnostics.length;
  const savable = changed && !draft.checking && mistakes === 0 && !theirs && !saving;

  const save = () => {
    if (!savable) return;
    setSaving(true);
    api<{ version: string }>(path, { method: 'PUT', body: { text, version: saved.version } }).then(
      ({ version }) => {
        draft.settle(text, version);
        setSaving(false);
        sayOf({ words: 'Saved. The watcher reads it again by itself and runs it as it is now.', text });
      },
      (error: unknown) => {
        setSaving(false);
        if (error instanceof ApiProblem && error.current) setTheirs(error.current);
        else if (error instanceof ApiProblem && error.diagnostics) draft.setCheck({ diagnostics: error.diagnostics });
        sayOf({ words: (error as Error).message, text });
      },
    );
  };
  useSaveKey(save);

  return (
    <>
      <div className="page-head">
        <Crumbs
          trail={[
            ['Status', '/'],
            [monitorKey, monitorPath(monitorKey)],
          ]}
        />
        <div className="page-head-row">
          <h1>Scenario file</h1>
          <div className="save-row">
            <button
              type="button"
              className="button"
              onClick={() => draft.setText(saved.text)}
              disabled={!changed || saving}
            >
              Discard changes
            </button>
            <button type="button" className="button primary" onClick={save} disabled={!savable} title="Ctrl+S">
              {saving ? 'Saving…' : 'Save'}
            </button>
          </div>
        </div>
        <p className="soft">
          <span className="mono">{file.file}</span>
          {file.fragments.length > 0 && <>, with steps from {file.fragments.join(', ')}</>}
        </p>
        <p role="status" className="save-words">
          {draft.problem ?? ((said.text === text && said.words) || stateWords(changed, draft.checking, mistakes))}
        </p>
      </div>
      {readOnly && (
        <p className="notice">
          <strong>This file can only be read here:</strong> {file.read_only_reason}. It can be tried all the same.
        </p>
      )}
      {theirs && (
        <Conflict
          theirs={theirs.text}
          mine={text}
          takeTheirs={() => {
            draft.setText(theirs.text);
            draft.settle(theirs.text, theirs.version);
            setTheirs(null);
          }}
          keepMine={() => {
            draft.settle(theirs.text, theirs.version);
            setTheirs(null);
            sayOf({ words: 'Look at the changes below once more; saving puts them in place of the other ones.', text });
          }}
        />
      )}
      <div className="scenario-columns">
        <Panel title="Form" id="form">
          <ScenarioForm
            outline={check.outline}
            disabled={readOnly}
            edit={(edits) => void draft.edit(edits)}
            goTo={(line) => editor.current?.goTo(line, 1)}
          />
        </Panel>
        <Panel
          title="YAML"
          id="yaml"
          padded={false}
          aside={<span className="soft">{mistakes === 0 ? 'no mistakes' : plural(mistakes, 'mistake')}</span>}
        >
          <YamlEditor
            ref={editor}
            text={text}
            readOnly={readOnly}
            diagnostics={check.diagnostics.filter((one) => one.file === file.file)}
            onChange={draft.setText}
          />
          <Mistakes
            own={file.file}
            diagnostics={check.diagnostics}
            goTo={({ line, column }) => editor.current?.goTo(line, column)}
          />
        </Panel>
      </div>
      {changed && !theirs && (
        <Panel title="What saving changes" id="changes" padded={false}>
          <TextDifference label="What saving changes" before={saved.text} after={text} />
        </Panel>
      )}
      <TryPanel
        path={path}
        text={text}
        environment={environment}
        mistakes={mistakes}
        onMistakes={(diagnostics) => draft.setCheck({ diagnostics })}
      />
      <p>
        <Link href={monitorPath(monitorKey)}>Back to the monitor</Link>
      </p>
    </>
  );
}

function stateWords(changed: boolean, checking: boolean, mistakes: number): string {
  if (checking) return 'Checking…';
  if (mistakes > 0) return `${plural(mistakes, 'mistake')}: it can be saved when there is none.`;
  return changed ? 'Changed, not saved yet.' : 'As it is on the disk.';
}

/** Ctrl+S, ⌘S: saves, wherever on the page the cursor is. */
function useSaveKey(save: () => void): void {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

interface MistakesProps {
  /** The file in the editor; mistakes in others cannot be jumped to. */
  own: string;
  diagnostics: readonly ScenarioDiagnostic[];
  goTo(diagnostic: ScenarioDiagnostic): void;
}

const MOST_SHOWN = 20;

function Mistakes({ own, diagnostics, goTo }: MistakesProps) {
  return (
    <ul id="scenario-mistakes" className="mistakes" aria-label="Mistakes">
      {diagnostics.slice(0, MOST_SHOWN).map((one) => (
        <li key={`${one.file}:${one.line}:${one.column}:${one.message}`}>
          {one.file === own ? (
            <button type="button" className="link-button" onClick={() => goTo(one)}>
              line {one.line}
            </button>
          ) : (
            <span className="mono">
              {one.file}:{one.line}
            </span>
          )}
          : {one.message}
          {one.hint && <span className="soft"> ({one.hint})</span>}
        </li>
      ))}
      {diagnostics.length > MOST_SHOWN && <li className="soft">and {diagnostics.length - MOST_SHOWN} more</li>}
    </ul>
  );
}

interface ConflictProps {
  theirs: string;
  mine: string;
  takeTheirs(): void;
  keepMine(): void;
}

function Conflict({ theirs, mine, takeTheirs, keepMine }: ConflictProps) {
  return (
    <Panel
      title="Somebody else changed the file meanwhile"
      id="conflict"
      padded={false}
      aside={
        <div className="save-row">
          <button type="button" className="button" onClick={takeTheirs}>
            Take theirs, drop mine
          </button>
          <button type="button" className="button" onClick={keepMine}>
            Keep mine
          </button>
        </div>
      }
    >
      <p className="section-body soft">
        Nothing was written. Below is how your text differs from the file as it is now: what is taken away is theirs,
        what is added is yours.
      </p>
      <TextDifference label="Their text and yours" before={theirs} after={mine} />
    </Panel>
  );
}

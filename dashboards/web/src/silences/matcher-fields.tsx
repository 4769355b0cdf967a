import { useId } from 'react';
import type { Matcher } from '../../../../control/resources.ts';
import { useLive } from '../live/live.tsx';
import { openIncidents } from '../live/live-state.ts';
import { knownLabels, knownValues, type MatcherDraft, OPERATORS } from './matchers.ts';

interface Props {
  drafts: readonly MatcherDraft[];
  onChange(drafts: MatcherDraft[]): void;
}

export function firstRow(): MatcherDraft[] {
  return [{ row: 1, label: 'service', is: '=', value: '' }];
}

/** Which incidents: all rows must hold. Suggests what incidents and monitors have now. */
export function MatcherFields({ drafts, onChange }: Props) {
  const change = (row: number, more: Partial<Matcher>) =>
    onChange(drafts.map((draft) => (draft.row === row ? { ...draft, ...more } : draft)));
  const add = () =>
    onChange([...drafts, { row: Math.max(0, ...drafts.map(({ row }) => row)) + 1, label: '', is: '=', value: '' }]);
  return (
    <fieldset className="matcher-fields labelled">
      <legend>Incidents of which all of this holds</legend>
      {drafts.map((draft, index) => (
        <MatcherRow
          key={draft.row}
          draft={draft}
          number={index + 1}
          onChange={(more) => change(draft.row, more)}
          onRemove={drafts.length > 1 ? () => onChange(drafts.filter(({ row }) => row !== draft.row)) : null}
        />
      ))}
      <button type="button" className="link-button matcher-add" onClick={add}>
        Add another condition
      </button>
    </fieldset>
  );
}

interface RowProps {
  draft: MatcherDraft;
  number: number;
  onChange(more: Partial<Matcher>): void;
  onRemove: (() => void) | null;
}

function MatcherRow({ draft, number, onChange, onRemove }: RowProps) {
  const id = useId();
  const incidents = openIncidents(useLive((state) => state.incidents));
  const monitors = [...(useLive((state) => state.monitors)?.values() ?? [])];
  return (
    <div className="matcher-row">
      <input
        className="field"
        aria-label={`Label ${number}`}
        placeholder="label"
        list={`${id}-labels`}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        value={draft.label}
        onChange={(event) => onChange({ label: event.target.value })}
      />
      <datalist id={`${id}-labels`}>
        {knownLabels(incidents).map((label) => (
          <option key={label} value={label} />
        ))}
      </datalist>
      <select
        className="field"
        aria-label={`Comparison ${number}`}
        value={draft.is}
        onChange={(event) => onChange({ is: event.target.value as Matcher['is'] })}
      >
        {OPERATORS.map(({ is, words }) => (
          <option key={is} value={is}>
            {words}
          </option>
        ))}
      </select>
      <input
        className="field matcher-value"
        aria-label={`Value ${number}`}
        placeholder={draft.is.endsWith('~') ? 'pattern, such as bill.*' : 'value'}
        list={`${id}-values`}
        autoComplete="off"
        spellCheck={false}
        maxLength={1_000}
        value={draft.value}
        onChange={(event) => onChange({ value: event.target.value })}
      />
      <datalist id={`${id}-values`}>
        {knownValues(draft.label, incidents, monitors).map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
      {onRemove && (
        <button type="button" className="button quiet" aria-label={`Remove condition ${number}`} onClick={onRemove}>
          ✕
        </button>
      )}
    </div>
  );
}

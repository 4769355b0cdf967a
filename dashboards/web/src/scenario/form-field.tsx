import { useId, useState } from 'react';
import type { OutlineField } from '../../../../control/resources.ts';
import { editOf, type FieldKind, type FormEdit } from './form-values.ts';

interface FormFieldProps {
  label: string;
  field: OutlineField;
  kind?: FieldKind;
  type?: 'text' | 'date' | 'number';
  placeholder?: string;
  wide?: boolean;
  disabled: boolean;
  edit(edits: readonly FormEdit[]): void;
}

/** One value of the file. What is typed is taken over when the field is left, or with Enter; Escape takes it back. */
export function FormField({
  label,
  field,
  kind = 'text',
  type = 'text',
  placeholder,
  wide,
  disabled,
  edit,
}: FormFieldProps) {
  const id = useId();
  const written = field.text ?? '';
  const [typing, setTyping] = useState<{ from: string; text: string } | null>(null);
  // The file changed under the field: what it says now counts.
  const shown = typing && typing.from === written ? typing.text : written;
  const take = () => {
    if (shown.trim() !== written.trim()) edit([editOf(field, kind, shown)]);
    else setTyping(null);
  };
  return (
    <div className="form-field" data-wide={wide}>
      <label htmlFor={id}>{label}</label>
      {field.complex ? (
        <p id={id} className="soft">
          more than one line: change it in the YAML
        </p>
      ) : (
        <input
          id={id}
          className="field"
          type={type}
          min={type === 'number' ? 0 : undefined}
          value={shown}
          placeholder={placeholder}
          disabled={disabled}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyping({ from: written, text: event.target.value })}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === 'Enter') take();
            if (event.key === 'Escape') setTyping(null);
          }}
        />
      )}
    </div>
  );
}

import type { ReactNode } from 'react';

interface ChoicesProps<Value> {
  /** Read aloud before the choices. */
  label: string;
  options: readonly { value: Value; label: ReactNode }[];
  value: Value;
  onChange: (value: NoInfer<Value>) => void;
}

/** One of a few, all of them visible: filters, ranges, attempts. */
export function Choices<Value extends string | number | boolean | null>(props: ChoicesProps<Value>) {
  return (
    <fieldset className="tabs">
      <legend className="visually-hidden">{props.label}</legend>
      {props.options.map(({ value, label }) => (
        <button
          key={String(value)}
          type="button"
          className="tab"
          aria-pressed={value === props.value}
          onClick={() => props.onChange(value)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

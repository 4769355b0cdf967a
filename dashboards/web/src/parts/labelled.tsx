import { type ReactNode, useId } from 'react';
import './forms.css';

interface Props {
  label: string;
  /** Takes the room that is left in its line. */
  grows?: boolean;
  children: (id: string) => ReactNode;
}

/** A field with its label above it. */
export function Labelled({ label, grows, children }: Props) {
  const id = useId();
  return (
    <div className={grows ? 'labelled grows' : 'labelled'}>
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}

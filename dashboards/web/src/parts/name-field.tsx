import { useState } from 'react';
import { rememberedName, rememberName } from '../shell/session.ts';
import './forms.css';

/** The name under which this person acts: `by`, for a body or a query, and what keeps it for the next time. */
export function useName() {
  const [name, setName] = useState(rememberedName);
  const signature = () => {
    const by = name.trim();
    rememberName(by);
    return by ? { by } : {};
  };
  return { name, setName, signature };
}

export type Name = ReturnType<typeof useName>;

export function NameField({ name }: { name: Name }) {
  return (
    <input
      className="field"
      aria-label="Your name, for the timeline"
      placeholder="Your name"
      autoComplete="name"
      maxLength={100}
      value={name.name}
      onChange={(event) => name.setName(event.target.value)}
    />
  );
}

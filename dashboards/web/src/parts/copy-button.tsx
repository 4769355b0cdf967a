import { useEffect, useState } from 'react';

const SAID_MS = 2_000;

/** Copies a text, and says whether it did: on pages without HTTPS browsers refuse. */
export function CopyButton({ text, of }: { text: string; of: string }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = window.setTimeout(() => setSaid(''), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => {
    const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard here'));
    copied.then(
      () => setSaid('Copied'),
      () => setSaid('Cannot copy here: select it'),
    );
  };
  return (
    <span className="copy">
      <button type="button" className="button quiet" aria-label={`Copy ${of}`} onClick={copy}>
        Copy
      </button>
      <span className="faint" role="status">
        {said}
      </span>
    </span>
  );
}

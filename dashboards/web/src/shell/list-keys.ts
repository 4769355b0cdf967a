import { type RefObject, useEffect } from 'react';

/**
 * `j` and `k` walk through the rows of a page (elements with `data-row`), `/` goes to its filter (`data-filter`).
 * Keys typed into fields, and with modifiers, are left alone.
 */
export function useListKeys(within: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      // Inside of a shadow root too, where the event itself names only the host.
      const target = event.composedPath()[0] as HTMLElement;
      if (target.closest('input, select, textarea, [contenteditable]')) return;
      const root = within.current;
      if (!root) return;
      if (event.key === '/') {
        const filter = root.querySelector<HTMLElement>('[data-filter]');
        if (!filter) return;
        event.preventDefault();
        filter.focus();
        return;
      }
      if (event.key !== 'j' && event.key !== 'k') return;
      const rows = [...root.querySelectorAll<HTMLElement>('[data-row]')];
      const at = rows.indexOf(document.activeElement as HTMLElement);
      const next = event.key === 'j' ? rows[at + 1] : rows[at < 0 ? 0 : at - 1];
      next?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [within]);
}

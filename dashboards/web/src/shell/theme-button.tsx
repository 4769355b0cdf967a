import { useState } from 'react';

type Theme = 'system' | 'light' | 'dark';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const LABELS: Record<Theme, string> = { system: 'follows the system', light: 'light', dark: 'dark' };
const ICONS: Record<Theme, React.ReactNode> = {
  system: <path d="M10 3a7 7 0 0 1 0 14Z" fill="currentcolor" />,
  light: (
    <>
      <circle cx="10" cy="10" r="3.5" />
      <path d="M10 2v2m0 12v2M2 10h2m12 0h2M4.3 4.3l1.5 1.5m8.4 8.4 1.5 1.5m0-11.4-1.5 1.5m-8.4 8.4-1.5 1.5" />
    </>
  ),
  dark: <path d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z" />,
};

function present(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

/** Turns through system, light, dark. `public/theme.js` applies the choice before the first paint of the next visit. */
export function ThemeButton() {
  const [theme, setTheme] = useState(present);
  const turn = () => {
    const next = NEXT[theme];
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      if (next === 'system') localStorage.removeItem('ringdown-theme');
      else localStorage.setItem('ringdown-theme', next);
    } catch {
      // Storage is blocked: the choice lasts as long as this page.
    }
    setTheme(next);
  };
  const label = `Theme: ${LABELS[theme]}. Switch to ${NEXT[theme]}.`;
  return (
    <button type="button" className="icon-button" onClick={turn} title={label} aria-label={label}>
      <svg
        viewBox="0 0 20 20"
        fill="none"
        stroke="currentcolor"
        strokeWidth="1.6"
        strokeLinecap="round"
        aria-hidden="true"
      >
        {theme === 'system' && <circle cx="10" cy="10" r="7" />}
        {ICONS[theme]}
      </svg>
    </button>
  );
}

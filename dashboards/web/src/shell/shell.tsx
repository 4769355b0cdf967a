import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { forgetResources } from '../api/use-resource.ts';
import { worst } from '../board/board-rows.ts';
import { useLive } from '../live/live.tsx';
import { openIncidents } from '../live/live-state.ts';
import { DrawFault } from '../parts/draw-fault.tsx';
import { Time } from '../time/times.tsx';
import { useListKeys } from './list-keys.ts';
import { Logo } from './logo.tsx';
import { OwnTroubleNotice } from './own-trouble-notice.tsx';
import { ThemeButton } from './theme-button.tsx';

const SECTIONS = [
  { href: '/', label: 'Status', owns: /^\/($|monitors\/|runs\/)/ },
  { href: '/incidents', label: 'Incidents', owns: /^\/incidents/ },
  { href: '/rules', label: 'Rules', owns: /^\/rules/ },
  { href: '/on-call', label: 'On-call', owns: /^\/on-call/ },
  { href: '/silences', label: 'Silences', owns: /^\/silences/ },
  { href: '/telemetry', label: 'Telemetry', owns: /^\/(telemetry|traces)/ },
  { href: '/backends', label: 'Backends', owns: /^\/backends/ },
  { href: '/workers', label: 'Workers', owns: /^\/workers/ },
];

/** What stands around every page: navigation, connection, announcements. */
export function Shell({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const incidents = useLive((state) => state.incidents);
  const open = openIncidents(incidents).length;
  useFavicon();
  useListKeys(main);

  // A new page begins at its top, for the eye and for the keyboard.
  const previous = useRef(location);
  useEffect(() => {
    if (previous.current === location) return;
    const within = previous.current.startsWith('/telemetry') && location.startsWith('/telemetry');
    previous.current = location;
    if (within) return;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [location]);

  // On a phone the sections are wider than the screen.
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page, another section; the count of incidents moves what follows it
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [location, open]);

  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <header className="top-bar">
        <div className="top-bar-inner">
          <Link href="/" className="brand" aria-label="Ringdown, status board">
            <Logo />
            <span>Ringdown</span>
          </Link>
          <nav ref={nav} className="top-nav" aria-label="Main">
            <ul>
              {SECTIONS.map((section) => (
                <li key={section.href}>
                  <Link href={section.href} aria-current={section.owns.test(location) ? 'page' : undefined}>
                    {section.label}
                    {section.href === '/incidents' && open > 0 && (
                      <span className="nav-count">
                        {open}
                        <span className="visually-hidden"> open</span>
                      </span>
                    )}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <div className="top-tools">
            <ConnectionMark />
            <ThemeButton />
            <SignOutButton />
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <OwnTroubleNotice />
        <DrawFault what="This page" tryAgainOn={location}>
          {children}
        </DrawFault>
      </main>
      <LostBar />
      <Announcer />
    </>
  );
}

function ConnectionMark() {
  const { status } = useLive((state) => state.connection);
  const words = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' }[status];
  return (
    <span className="connection" data-status={status}>
      <span className="connection-dot" />
      {words}
    </span>
  );
}

function LostBar() {
  const connection = useLive((state) => state.connection);
  const lost = connection.status === 'lost';
  return (
    <div role="status" className={lost ? 'lost-bar' : ''}>
      {lost && (
        <>
          <span>
            Connection to the watcher lost since <Time at={new Date(connection.since).toISOString()} as="clock" />.
          </span>
          <span>What you see is from then; it says nothing about the services now.</span>
        </>
      )}
    </div>
  );
}

function Announcer() {
  const announcement = useLive((state) => state.announcement);
  return (
    <div className="visually-hidden" aria-live="polite" data-testid="announcer">
      {announcement}
    </div>
  );
}

function SignOutButton() {
  const signOut = () => {
    const leave = () => {
      forgetResources();
      window.location.assign('/');
    };
    api('/api/v1/session', { method: 'DELETE' }).then(leave, leave);
  };
  return (
    <button type="button" className="icon-button" onClick={signOut} title="Sign out" aria-label="Sign out">
      <svg
        viewBox="0 0 20 20"
        fill="none"
        stroke="currentcolor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d="M8 3H4.5A1.5 1.5 0 0 0 3 4.5v11A1.5 1.5 0 0 0 4.5 17H8m5-3.5L16.5 10 13 6.5M16 10H8" />
      </svg>
    </button>
  );
}

/** The tab's icon turns red with the board. While the connection is lost it is grey: unknown, not down. */
function useFavicon(): void {
  const icon = useLive((state) => {
    if (state.connection.status !== 'live' || !state.monitors) return '/favicon-unknown.svg';
    return worst([...state.monitors.values()]) === 'failing' ? '/favicon-failing.svg' : '/favicon.svg';
  });
  useEffect(() => {
    document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.setAttribute('href', icon);
  }, [icon]);
}

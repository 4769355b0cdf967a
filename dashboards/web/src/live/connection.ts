import type { Incident, List, LiveEvent, Monitor } from '../../../../control/resources.ts';
import { ApiProblem, api } from '../api/client.ts';
import { type LiveAction, reconnectDelayMs } from './live-state.ts';

// The watcher pings every 15 s; three missed pings and the line is dead, whatever the browser believes.
const SILENCE_MS = 45_000;
const EVENT_TYPES: LiveEvent['type'][] = ['monitor', 'monitors', 'run', 'incident', 'rules', 'ping'];

/**
 * Keeps one stream of events open. After each (re)connect the present state is fetched again, because events
 * of the meantime are gone; what arrives during that fetch is applied after it.
 * @returns a function that closes it
 */
export function keepConnected(dispatch: (action: LiveAction) => void): () => void {
  let source: EventSource | null = null;
  let failures = 0;
  let lastHeard = Date.now();
  let retry: number | undefined;
  let closed = false;

  const open = () => {
    const stream = new EventSource('/api/v1/events');
    source = stream;
    let waiting: LiveAction[] | null = [];
    stream.onopen = () => {
      lastHeard = Date.now();
      fetchSnapshot().then(
        (snapshot) => {
          if (source !== stream) return;
          failures = 0;
          dispatch(snapshot);
          for (const action of waiting ?? []) dispatch(action);
          waiting = null;
          dispatch({ type: 'connected', at: Date.now() });
        },
        () => {
          if (source === stream) lose();
        },
      );
    };
    stream.onerror = () => {
      if (source === stream) lose();
    };
    for (const type of EVENT_TYPES) {
      stream.addEventListener(type, (message: MessageEvent<string>) => {
        lastHeard = Date.now();
        const action: LiveAction = {
          type: 'event',
          event: { type, data: JSON.parse(message.data) } as LiveEvent,
          at: lastHeard,
        };
        if (waiting) waiting.push(action);
        else dispatch(action);
      });
    }
  };

  const lose = () => {
    source?.close();
    source = null;
    if (closed) return;
    dispatch({ type: 'lost', at: lastHeard });
    clearTimeout(retry);
    retry = window.setTimeout(reconnect, reconnectDelayMs(failures++, Math.random()));
  };

  // An EventSource does not tell a dead watcher from an ended session; an ordinary request does.
  const reconnect = () => {
    clearTimeout(retry);
    if (closed || source) return;
    api('/api/v1/monitors').then(
      () => {
        if (!closed && !source) open();
      },
      (error: unknown) => {
        if (!(error instanceof ApiProblem && error.status === 401)) lose();
      },
    );
  };

  const watchSilence = window.setInterval(() => {
    if (source && Date.now() - lastHeard > SILENCE_MS) lose();
  }, 5_000);
  const wake = () => {
    if (!source) {
      failures = 0;
      reconnect();
    }
  };
  const wakeWhenSeen = () => {
    if (document.visibilityState === 'visible') wake();
  };
  window.addEventListener('online', wake);
  document.addEventListener('visibilitychange', wakeWhenSeen);
  open();

  return () => {
    closed = true;
    source?.close();
    source = null;
    clearTimeout(retry);
    clearInterval(watchSilence);
    window.removeEventListener('online', wake);
    document.removeEventListener('visibilitychange', wakeWhenSeen);
  };
}

async function fetchSnapshot(): Promise<LiveAction> {
  const [monitors, triggered, acknowledged] = await Promise.all([
    api<List<Monitor>>('/api/v1/monitors'),
    api<List<Incident>>('/api/v1/incidents?state=triggered&limit=500'),
    api<List<Incident>>('/api/v1/incidents?state=acknowledged&limit=500'),
  ]);
  return { type: 'snapshot', monitors: monitors.items, incidents: [...triggered.items, ...acknowledged.items] };
}

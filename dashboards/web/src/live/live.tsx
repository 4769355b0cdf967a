import { createContext, type ReactNode, use, useEffect, useMemo, useSyncExternalStore } from 'react';
import { keepConnected } from './connection.ts';
import { initialState, type LiveAction, type LiveState, reduce } from './live-state.ts';

interface LiveStore {
  get(): LiveState;
  subscribe(listener: () => void): () => void;
  dispatch(action: LiveAction): void;
}

function createStore(): LiveStore {
  let state = initialState(Date.now());
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
  };
}

const LiveContext = createContext<LiveStore | null>(null);

/** Holds the stream of events for everything below it. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const store = useMemo(createStore, []);
  useEffect(() => keepConnected(store.dispatch), [store]);
  return <LiveContext value={store}>{children}</LiveContext>;
}

export function useLiveStore(): LiveStore {
  const store = use(LiveContext);
  if (!store) throw new Error('useLiveStore needs a LiveProvider above it');
  return store;
}

/** One slice of the live state. `select` must return something that is the same object while nothing changed. */
export function useLive<Slice>(select: (state: LiveState) => Slice): Slice {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

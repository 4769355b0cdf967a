import { type Context, createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { ServerSpan } from './server-span.ts';

/** Which request a context belongs to; inherited by every context derived from it. */
const REQUEST = createContextKey('ringdown request');

/** The API keeps the key of the active span to itself, so it is learnt from what `setSpan` sets. */
const ACTIVE_SPAN = learnActiveSpanKey();

function learnActiveSpanKey(): symbol {
  let learnt: symbol | undefined;
  const probe: Context = {
    getValue: () => undefined,
    setValue: (key) => {
      learnt = key;
      return probe;
    },
    deleteValue: () => probe,
  };
  trace.setSpan(probe, trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }));
  if (learnt === undefined) throw new Error('@opentelemetry/api changed how it keeps the active span');
  return learnt;
}

/**
 * The context of one request: `base` with the SERVER span in it. An ordinary context copies a Map per value;
 * this one is two fields, and becomes an ordinary one as soon as somebody derives another context from it.
 */
export class RequestContext implements Context {
  readonly #span: ServerSpan;
  readonly #base: Context;

  constructor(span: ServerSpan, base: Context) {
    this.#span = span;
    this.#base = base;
  }

  getValue(key: symbol): unknown {
    if (key === ACTIVE_SPAN || key === REQUEST) return this.#span;
    return this.#base.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#ordinary().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#ordinary().deleteValue(key);
  }

  #ordinary(): Context {
    return this.#base.setValue(ACTIVE_SPAN, this.#span).setValue(REQUEST, this.#span);
  }
}

/** The SERVER span of the request that a context belongs to. */
export function requestSpanOf(context: Context): ServerSpan | undefined {
  return context === ROOT_CONTEXT ? undefined : (context.getValue(REQUEST) as ServerSpan | undefined);
}

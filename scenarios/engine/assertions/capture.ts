import type { Exchange } from '../exchange.ts';
import type { Captured } from './assertion.ts';
import { captureKinds } from './registry.ts';

export type { Captured } from './assertion.ts';
export { captureKinds } from './registry.ts';

/** What a capture is taken from: `kind` is a folder here that offers a capture, `spec` is what that takes. */
export interface CaptureFrom {
  readonly kind: string;
  readonly spec: unknown;
}

/** Takes a value out of an exchange; the error says what is not there. Pure, never throws. */
export function readCapture({ kind, spec }: CaptureFrom, exchange: Exchange): Captured {
  return captureKinds.get(kind)?.read(spec, exchange) ?? { error: `nothing can be captured from ${kind}` };
}

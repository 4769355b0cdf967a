import type { Refusal } from './url-policy.ts';

/** A connection that the URL policy does not allow. */
export class RefusedTarget extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

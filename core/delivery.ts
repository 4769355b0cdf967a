/**
 * What became of an attempt to hand something to another system.
 * `retryable`: it was not taken, try again. `ambiguous`: nobody knows; ask `lookup` before trying again,
 * because the other side is not idempotent. `failure`: it will never be taken as it is.
 */
export type Delivery =
  | { status: 'accepted'; providerRef?: string }
  | { status: 'retryable'; error: Error; retryAfterMs?: number }
  | { status: 'ambiguous'; error: Error; lookup(): Promise<Delivery> }
  | { status: 'failure'; error: Error };

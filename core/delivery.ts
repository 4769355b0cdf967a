/**
 * What became of an attempt to hand something to another system.
 * `retryable`: it was not taken, try again. `ambiguous`: nobody knows; ask `lookup` before trying again,
 * because the other side is not idempotent. `failure`: it will never be taken as it is.
 * `unreachable`: nobody listens there, so it certainly did not arrive, and waiting for an answer would be in vain.
 */
export type Delivery =
  | {
      status: 'accepted';
      /** The vendor's name for what it accepted. */
      providerRef?: string;
      /** The vendor's name for the message that tells of the same matter from now on; absent where it cannot be changed. */
      messageRef?: string;
    }
  | { status: 'retryable'; error: Error; retryAfterMs?: number; unreachable?: boolean }
  | { status: 'ambiguous'; error: Error; lookup(): Promise<Delivery> }
  | { status: 'failure'; error: Error };

/** Something with a life. Both methods are idempotent; `shutdown` is safe before `start`. */
export interface Component {
  start(): Promise<void>;
  /** Ends gracefully, or at once when `abort` fires. */
  shutdown(abort: AbortSignal): Promise<void>;
}

/**
 * Whether a trace is among those that are kept: by the randomness of its id alone, so that every backend, and every
 * process, keeps the same ones, and a smaller share is part of a larger one. The last 56 bits of a trace id are random
 * (W3C Trace Context level 2, "random-trace-id"); of those the first 52 are compared, as many as a double holds. A trace
 * is kept when they are at or above the threshold, as OpenTelemetry's consistent probability sampling has it.
 * @param at where the 16 bytes of the id start
 * @param share 0 to 1
 */
export function isSampled(bytes: Uint8Array, at: number, share: number): boolean {
  let random = 0;
  for (let index = at + 9; index < at + 15; index++) random = random * 256 + bytes[index]!;
  random = random * 16 + (bytes[at + 15]! >>> 4);
  return random / 2 ** 52 >= 1 - share;
}

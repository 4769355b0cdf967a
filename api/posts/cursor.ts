const FORM = /^p1:(0|[1-9]\d{0,15})$/;

/** Makes a position opaque, so that clients cannot build on what it is. */
export function encodeCursor(position: number): string {
  return Buffer.from(`p1:${position}`).toString('base64url');
}

/** @returns undefined for anything that `encodeCursor` did not write */
export function decodeCursor(cursor: string): number | undefined {
  const position = FORM.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1];
  if (position === undefined) return undefined;
  const number = Number(position);
  return Number.isSafeInteger(number) && encodeCursor(number) === cursor ? number : undefined;
}

import { InvalidArgumentError } from 'commander';

/** What flags take. Each reads the text of one, and throws `InvalidArgumentError` with what it must be. */

/** Of a flag that may be repeated. */
export function also(text: string, known: string[]): string[] {
  return [...known, text];
}

/** Of `name=value`, which may be repeated; the last of a name counts. */
export function alsoNamed(text: string, known: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('write it as name=value');
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) };
}

export function parseCount(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1 || number > 1_000_000)
    throw new InvalidArgumentError('a whole number from 1 to 1000000');
  return number;
}

export function parseConcurrency(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1 || number > 1_000)
    throw new InvalidArgumentError('a whole number from 1 to 1000');
  return number;
}

export function parseLocation(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,99}$/.test(text)) throw new InvalidArgumentError('lower-case letters, digits and hyphens');
  return text;
}

export function parseSeed(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number)) throw new InvalidArgumentError('a whole number');
  return number;
}

export function parsePort(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError('a port is 0 to 65535');
  return number;
}

export function parseStatus(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 400 || number > 599)
    throw new InvalidArgumentError('a failing status is 400 to 599');
  return number;
}

export function parseNumber(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new InvalidArgumentError('a number, 0 or more');
  return number;
}

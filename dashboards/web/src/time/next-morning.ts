const MORNING_HOUR = 9;

/** 09:00 of the next day, in the zone of the browser. */
export function nextMorning(now: number): Date {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, MORNING_HOUR);
}

/** A local time as a field of type `datetime-local` holds it: `2026-11-24T09:00`. */
export function localField(at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What a field of type `datetime-local` holds, as RFC 3339; null while it is no time. */
export function instantOfField(text: string): string | null {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

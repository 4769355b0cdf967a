import type { LogRow } from '../telemetry.ts';

type Level = LogRow['level'];

/** The first of the four numbers that each level has. OpenTelemetry, logs data model, "Severity Fields". */
export const FIRST_SEVERITY: Readonly<Record<Level, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};
/** The least severe first. */
export const LEVELS = Object.keys(FIRST_SEVERITY) as readonly Level[];
const SEVERITY_OF_WORD = new Map<string, number>([
  ...Object.entries(FIRST_SEVERITY),
  ['warning', FIRST_SEVERITY.warn],
  ['critical', FIRST_SEVERITY.fatal],
]);

interface Told {
  severityNumber: number;
  severityText: string;
}

/** 1 to 24; where the sender gave a word only, the first number of its level; info where it gave neither. */
export function severityOf({ severityNumber, severityText }: Told): number {
  if (severityNumber >= 1 && severityNumber <= 24) return severityNumber;
  return SEVERITY_OF_WORD.get(severityText.toLowerCase()) ?? FIRST_SEVERITY.info;
}

/** @param severity 1 to 24; what is below or above belongs to the first or the last level */
export function levelOf(severity: number): Level {
  return LEVELS[Math.min(5, Math.max(0, Math.floor((severity - 1) / 4)))]!;
}

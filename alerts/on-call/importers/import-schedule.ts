import type { TSchema } from 'typebox';
import { checkDocument, type Diagnostic, diagnosticAt, readDocument } from '../../../core/document/index.ts';
import { type GrafanaOnCall, GrafanaSchedule, GrafanaShift, GrafanaUser, importGrafana } from './grafana.ts';
import type { ImportedOnCall, ImportOptions } from './imported.ts';
import { importPagerDuty, PagerDutySchedule } from './pagerduty.ts';

const LISTS = {
  schedules: ['schedules', 'schedule'],
  shifts: ['on_call_shifts', 'shifts'],
  users: ['users'],
} as const;

/**
 * Reads schedules of PagerDuty (`GET /schedules/{id}`, also several in one document) or of Grafana OnCall (schedules,
 * `on_call_shifts` and users of its API, each list as it is or with its `results`), as JSON or YAML.
 * @returns what they are here, or what is wrong with the document
 */
export function importSchedule(
  text: string,
  file: string,
  options: ImportOptions,
): { imported: ImportedOnCall; diagnostics: [] } | { imported: null; diagnostics: Diagnostic[] } {
  const doc = readDocument(text, file);
  if (doc.diagnostics.length > 0) return { imported: null, diagnostics: [...doc.diagnostics] };
  const root = unwrap(doc.value);
  const lists: Record<string, unknown[]> = Array.isArray(root) ? sorted(root) : named(root);
  const schedules = lists.schedules ?? [];
  const isPagerDuty = schedules.some((entry) => field(entry, 'schedule_layers') !== undefined);
  if (!isPagerDuty && (lists.shifts ?? []).length === 0) {
    const hint = 'PagerDuty: the answer to GET /schedules/{id}; Grafana OnCall: schedules and on_call_shifts';
    return { imported: null, diagnostics: [diagnosticAt(doc, [], 'there are no schedules that can be read', hint)] };
  }
  const wrong = (entry: unknown, schema: TSchema): Diagnostic[] => {
    // Entries are judged one by one: where they stand depends on how they are wrapped.
    const path = pathOf(doc.value, entry) ?? [];
    const found = checkDocument(
      { ...doc, locate: (below, part) => doc.locate([...path, ...below], part), value: entry },
      schema,
    );
    return found;
  };
  if (isPagerDuty) {
    const diagnostics = schedules.flatMap((entry) => wrong(entry, PagerDutySchedule));
    if (diagnostics.length > 0) return { imported: null, diagnostics };
    return { imported: importPagerDuty(withOverrides(schedules, root), options), diagnostics: [] };
  }
  const { shifts = [], users = [] } = lists;
  const diagnostics = [
    ...schedules.flatMap((entry) => wrong(entry, GrafanaSchedule)),
    ...shifts.flatMap((entry) => wrong(entry, GrafanaShift)),
    ...users.flatMap((entry) => wrong(entry, GrafanaUser)),
  ];
  if (diagnostics.length > 0) return { imported: null, diagnostics };
  return {
    imported: importGrafana({ schedules, shifts, users } as unknown as GrafanaOnCall, options),
    diagnostics: [],
  };
}

/** Overrides that were saved beside the one schedule that they belong to. */
function withOverrides(schedules: readonly unknown[], root: unknown): PagerDutySchedule[] {
  const overrides = field(root, 'overrides');
  const [only, ...more] = schedules as PagerDutySchedule[];
  if (!Array.isArray(overrides) || more.length > 0 || only!.overrides) return schedules as PagerDutySchedule[];
  return [{ ...only!, overrides: overrides as NonNullable<PagerDutySchedule['overrides']> }];
}

function named(root: unknown): Record<string, unknown[]> {
  const found = Object.entries(LISTS).map(([list, keys]): [string, unknown[]] => {
    const value = keys.map((key) => unwrap(field(root, key))).find((entry) => entry !== undefined);
    return [list, value === undefined ? [] : Array.isArray(value) ? value : [value]];
  });
  const lists = Object.fromEntries(found);
  return field(root, 'schedule_layers') === undefined ? lists : { ...lists, schedules: [root] };
}

/** A bare list: of schedules, or of shifts. */
function sorted(root: readonly unknown[]): Record<string, unknown[]> {
  return {
    schedules: root
      .filter((entry) => field(entry, 'duration') === undefined)
      .map((entry) => field(entry, 'schedule') ?? entry),
    shifts: root.filter((entry) => field(entry, 'duration') !== undefined),
  };
}

function unwrap(value: unknown): unknown {
  const results = field(value, 'results');
  return Array.isArray(results) ? results : value;
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function pathOf(root: unknown, wanted: unknown): (string | number)[] | undefined {
  if (root === wanted) return [];
  if (typeof root !== 'object' || root === null) return undefined;
  for (const [key, value] of Object.entries(root)) {
    const below = pathOf(value, wanted);
    if (below) return [Array.isArray(root) ? Number(key) : key, ...below];
  }
  return undefined;
}

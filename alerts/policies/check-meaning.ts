import { type Diagnostic, diagnosticAt, type Path, type SourceDocument } from '../../core/document/index.ts';
import { parseDuration } from '../../core/units.ts';
import { checkRule } from './check-rule.ts';
import { checkTarget } from './check-targets.ts';
import { fieldAt, listAt } from './fields.ts';
import type { KnownNames } from './known-names.ts';
import { daysOf, isTimezone } from './quiet-hours.ts';

/** A shorter repeat rings a phone while it still rings. */
const SHORTEST_REPEAT_MS = 10_000;
const SHORTEST_ROUND_MS = 60_000;
/** Whatever waits longer waits for nobody. */
const LONGEST_WAIT_MS = 7 * 86_400_000;
const LONGEST_ROUND_MS = 30 * 86_400_000;

/** What a schema cannot say. The file may still have the wrong shape, so nothing about it is taken for granted. */
export function checkMeaning(doc: SourceDocument, known: KnownNames): Diagnostic[] {
  return [
    ...listAt(doc.value, 'rules').flatMap((rule, index) => checkRule(doc, ['rules', index], rule, known)),
    ...checkRuleIds(doc),
    ...checkSteps(doc, ['escalation'], doc.value, known),
    ...listAt(doc.value, 'routes').flatMap((route, index) =>
      checkSteps(doc, ['routes', index, 'escalation'], route, known),
    ),
    ...checkQuietHours(doc),
    ...checkRounds(doc),
  ];
}

function checkRuleIds(doc: SourceDocument): Diagnostic[] {
  const ids = listAt(doc.value, 'rules').map((rule) => fieldAt(rule, 'id'));
  return ids.flatMap((id, index) =>
    typeof id === 'string' && ids.indexOf(id) < index
      ? [diagnosticAt(doc, ['rules', index, 'id'], `the id "${id}" is used by rules[${ids.indexOf(id)}] already`)]
      : [],
  );
}

function checkSteps(doc: SourceDocument, path: Path, holder: unknown, known: KnownNames): Diagnostic[] {
  const found: Diagnostic[] = [];
  let earlier = 0;
  listAt(holder, 'escalation').forEach((step, index) => {
    listAt(step, 'notify').forEach((name, position, names) => {
      if (typeof name !== 'string') return;
      const at = [...path, index, 'notify', position];
      found.push(...checkTarget(doc, at, name, known));
      if (names.indexOf(name) < position) found.push(diagnosticAt(doc, at, `"${name}" is there twice`));
    });
    const after = durationAt(step, 'after');
    if (after !== undefined && after < earlier) {
      found.push(diagnosticAt(doc, [...path, index, 'after'], 'steps must be in the order of their time'));
    }
    if (after !== undefined && after > LONGEST_WAIT_MS) {
      found.push(diagnosticAt(doc, [...path, index, 'after'], 'a step comes at most 7d after the incident'));
    }
    earlier = Math.max(earlier, after ?? 0);
    const every = durationAt(fieldAt(step, 'repeat'), 'every');
    if (every !== undefined && every < SHORTEST_REPEAT_MS) {
      found.push(diagnosticAt(doc, [...path, index, 'repeat', 'every'], 'a step must not repeat faster than 10s'));
    }
    if (every !== undefined && every > LONGEST_WAIT_MS) {
      found.push(diagnosticAt(doc, [...path, index, 'repeat', 'every'], 'a step repeats at least every 7d'));
    }
  });
  return found;
}

function checkQuietHours(doc: SourceDocument): Diagnostic[] {
  const quiet = fieldAt(doc.value, 'quiet_hours');
  if (typeof quiet !== 'object' || quiet === null) return [];
  return Object.entries(quiet).flatMap(([priority, hours]) => {
    const found: Diagnostic[] = [];
    const path = ['quiet_hours', priority];
    const zone = fieldAt(hours, 'timezone');
    if (typeof zone === 'string' && !isTimezone(zone)) {
      const hint = 'an IANA name such as Asia/Seoul or Europe/Berlin';
      found.push(diagnosticAt(doc, [...path, 'timezone'], `unknown time zone "${zone}"`, hint));
    }
    const from = fieldAt(hours, 'from');
    if (typeof from === 'string' && from === fieldAt(hours, 'to')) {
      found.push(diagnosticAt(doc, [...path, 'to'], 'quiet hours must end at another time than they begin'));
    }
    listAt(hours, 'days').forEach((day, index) => {
      if (typeof day !== 'string' || daysOf(day)) return;
      found.push(diagnosticAt(doc, [...path, 'days', index], `unknown day "${day}"`, 'mon, tue, … or mon-fri'));
    });
    return found;
  });
}

function checkRounds(doc: SourceDocument): Diagnostic[] {
  const rounds: Path[] = [
    ['escalation_loop', 'every'],
    ['renotify', 'every'],
    ['renotify', 'acknowledged', 'every'],
  ];
  const found = rounds.flatMap((path) => {
    const every = durationAt(
      path.slice(0, -1).reduce<unknown>((value, key) => fieldAt(value, String(key)), doc.value),
      'every',
    );
    if (every === undefined || (every >= SHORTEST_ROUND_MS && every <= LONGEST_ROUND_MS)) return [];
    const message =
      every < SHORTEST_ROUND_MS ? 'people are not told again sooner than after 1m' : 'people are told again within 30d';
    return [diagnosticAt(doc, path, message)];
  });
  const loop = durationAt(fieldAt(doc.value, 'escalation_loop'), 'every');
  const last = durationAt(listAt(doc.value, 'escalation').at(-1), 'after');
  if (loop !== undefined && last !== undefined && loop <= last) {
    const message = 'the chain would begin again before its last step';
    found.push(diagnosticAt(doc, ['escalation_loop', 'every'], message, 'longer than the last "after"'));
  }
  return found;
}

function durationAt(value: unknown, key: string): number | undefined {
  const field = fieldAt(value, key);
  return typeof field === 'string' ? parseDuration(field) : undefined;
}

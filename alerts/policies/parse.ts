import {
  checkDocument,
  type Diagnostic,
  diagnosticAt,
  inOrder,
  readDocument,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { parseDuration } from '../../core/units.ts';
import { ALL_CHANNELS, builtInPolicy, type Policy } from './policy.ts';
import { type PolicyFile, PolicySchema } from './schema.ts';

/** A shorter repeat rings a phone while it still rings. */
const SHORTEST_REPEAT_MS = 10_000;

/**
 * Reads a `*.policy.yaml`.
 * @param channels names of the configured channels; a name outside is an error at its place
 * @returns the policy, or everything that is wrong with the file, in its order
 */
export function parsePolicy(
  text: string,
  file: string,
  channels: readonly string[],
): { policy: Policy; diagnostics: [] } | { policy: null; diagnostics: Diagnostic[] } {
  const doc = readDocument(text, file);
  const shape = doc.diagnostics.length > 0 ? [] : checkDocument(doc, PolicySchema);
  const diagnostics = [...doc.diagnostics, ...shape];
  if (doc.value !== undefined && doc.diagnostics.length === 0) {
    const places = new Set(shape.map(({ line, column }) => `${line}:${column}`));
    const meaning = checkMeaning(doc, channels).filter(({ line, column }) => !places.has(`${line}:${column}`));
    diagnostics.push(...meaning);
  }
  if (diagnostics.length > 0) return { policy: null, diagnostics: inOrder(diagnostics) };
  return { policy: toPolicy(doc.value as PolicyFile), diagnostics: [] };
}

/** Policies with the same id, found over several files. The first one stands. */
export function duplicateIds(policies: readonly { policy: Policy; file: string }[]): { id: string; files: string[] }[] {
  return [...Map.groupBy(policies, ({ policy }) => policy.id)]
    .filter(([, same]) => same.length > 1)
    .map(([id, same]) => ({ id, files: same.map(({ file }) => file) }));
}

/** What a schema cannot say. The file may still have the wrong shape, so nothing about it is taken for granted. */
function checkMeaning(doc: SourceDocument, channels: readonly string[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  const steps = listAt(doc.value, 'escalation');
  let earlier = 0;
  steps.forEach((step, index) => {
    listAt(step, 'notify').forEach((name, position) => {
      if (typeof name !== 'string' || name === ALL_CHANNELS || channels.includes(name)) return;
      const hint = suggestion(name, [...channels, ALL_CHANNELS]);
      found.push(diagnosticAt(doc, ['escalation', index, 'notify', position], `unknown channel "${name}"`, hint));
    });
    const after = durationAt(step, 'after');
    if (after !== undefined && after < earlier) {
      found.push(diagnosticAt(doc, ['escalation', index, 'after'], 'steps must be in the order of their time'));
    }
    earlier = Math.max(earlier, after ?? 0);
    const every = durationAt(fieldAt(step, 'repeat'), 'every');
    if (every !== undefined && every < SHORTEST_REPEAT_MS) {
      found.push(diagnosticAt(doc, ['escalation', index, 'repeat', 'every'], 'a step must not repeat faster than 10s'));
    }
  });
  return found;
}

function toPolicy(file: PolicyFile): Policy {
  return {
    ...builtInPolicy,
    id: file.id,
    name: file.name ?? file.id,
    priority: file.priority,
    rules: file.rules.map(({ scenario, failing }) => ({
      kind: 'scenario',
      tags: scenario.tags ?? [],
      ids: scenario.ids ?? [],
      services: scenario.services ?? [],
      environments: [],
      consecutive: failing?.consecutive ?? 1,
      attempts: 1,
      locations: 1,
    })),
    escalation: file.escalation.map(({ after, notify, repeat }) => ({
      after_ms: parseDuration(after)!,
      notify,
      repeat_every_ms: repeat ? parseDuration(repeat.every)! : null,
    })),
    resolve: { after_passing: file.resolve?.after_passing ?? 1 },
  };
}

function fieldAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function listAt(value: unknown, key: string): unknown[] {
  const field = fieldAt(value, key);
  return Array.isArray(field) ? field : [];
}

function durationAt(value: unknown, key: string): number | undefined {
  const field = fieldAt(value, key);
  return typeof field === 'string' ? parseDuration(field) : undefined;
}

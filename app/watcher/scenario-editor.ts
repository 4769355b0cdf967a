import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Policy } from '../../alerts/policies/policy.ts';
import type { ScenarioEditing } from '../../control/deps.ts';
import type { ScenarioCheck, ScenarioDiagnostic } from '../../control/resources.ts';
import type { Clock } from '../../core/clock.ts';
import { type Diagnostic, diagnosticAt, readDocument, suggestion } from '../../core/document/index.ts';
import type { ScenarioFunctions } from '../../scenarios/engine/functions/load-functions.ts';
import type { Runner, RunRequest } from '../../scenarios/engine/runner.ts';
import { editScenario } from '../../scenarios/language/edit.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import { outlineScenario } from '../../scenarios/language/outline.ts';
import { parseScenario } from '../../scenarios/language/parse.ts';
import { confined, diskFiles } from '../../scenarios/language/source-files.ts';
import { field } from '../../scenarios/language/written.ts';
import type { SecretProvider } from '../../scenarios/secrets/create-secret-provider.ts';
import { checkReferences, missingPolicy, missingSecrets } from '../config/references.ts';
import { runsIn } from './monitor-board.ts';
import { readText, ScenarioFiles, versionOf, whyReadOnly } from './scenario-files.ts';

export interface ScenarioEditorDeps {
  clock: Pick<Clock, 'timer'>;
  /** Those that run now. Only their files can be looked at and written. */
  scenarios(): readonly Scenario[];
  environments: readonly RunRequest['environment'][];
  policies: readonly Policy[];
  functions: Pick<ScenarioFunctions, 'names'>;
  secrets: SecretProvider;
  /** Names of secrets that ringdown.yaml tells where to find. */
  configuredSecrets: readonly string[];
  /** Files and folders that no text from the browser may name: the config, and what the watcher keeps. */
  forbidden: readonly string[];
  /** The folder of the suites that come with Ringdown. */
  shipped: string;
  runner: Runner;
}

/** A try that takes longer is stopped; the schedule would go on. */
const LONGEST_TRY_MS = 120_000;

/**
 * Scenario files as the web UI sees and changes them. A text that comes over HTTP has less power than a file on the disk:
 * it may name only secrets and files that the config, its folder or its present version give it.
 */
export function createScenarioEditor(deps: ScenarioEditorDeps): ScenarioEditing {
  const files = new ScenarioFiles();
  const namedIn = namedFiles();
  const loaded = (id: string) => deps.scenarios().find((scenario) => scenario.id === id);

  /** The scenario in a text, or everything that speaks against it. */
  async function read(before: Scenario, text: string) {
    const { file, id } = before;
    const parsed = parseScenario(text, file, {
      files: confined(diskFiles(file), readableFrom(file, deps.forbidden, namedIn)),
      functions: deps.functions.names,
    });
    const fragments = [...parsed.texts.keys()].filter((name) => name !== file);
    const doc = readDocument(text, file);
    const written = field(doc.value, 'id');
    const renamed =
      typeof written === 'string' && written !== id
        ? [
            diagnosticAt(
              doc,
              ['id'],
              `the id must stay "${id}"`,
              'another id is another monitor: make a new file for it',
            ),
          ]
        : [];
    const { scenario } = parsed;
    if (!scenario || renamed.length > 0) return { diagnostics: [...renamed, ...parsed.diagnostics], fragments };
    const texts = new Map([[file, text]]);
    const unknown = unknownSecrets(scenario, before, doc);
    const others = deps.scenarios().map((one) => (one.id === id ? scenario : one));
    const diagnostics = [
      ...missingPolicy(scenario, texts, deps.policies),
      ...checkReferences(others, texts, { environments: deps.environments.map(({ name }) => name), complete: true }),
      ...unknown,
      // Of a name that may not be used it must not even be told whether there is such a variable.
      ...(unknown.length > 0 ? [] : await missingSecrets([scenario], texts, deps.secrets)),
    ].filter((found) => found.file === file);
    return diagnostics.length > 0 ? { diagnostics, fragments } : { scenario, diagnostics, fragments };
  }

  function unknownSecrets(scenario: Scenario, before: Scenario, doc: ReturnType<typeof readDocument>): Diagnostic[] {
    const known = [...new Set([...deps.configuredSecrets, ...before.secrets])];
    return scenario.secrets.flatMap((name, index) => {
      if (known.includes(name)) return [];
      const hint =
        suggestion(name, known) ?? 'say under "secrets" in ringdown.yaml where it is, and restart the watcher';
      return [diagnosticAt(doc, ['secrets', index], `ringdown.yaml knows no secret "${name}"`, hint)];
    });
  }

  async function check(id: string, text: string): Promise<ScenarioCheck | undefined> {
    const before = loaded(id);
    if (!before) return undefined;
    const { diagnostics } = await read(before, text);
    return { diagnostics: diagnostics.map(shown), outline: outlineScenario(text) };
  }

  return {
    async file(id) {
      const before = loaded(id);
      if (!before) return undefined;
      const found = readText(before.file);
      const reason = whyReadOnly(before.file, deps.shipped);
      if ('error' in found) {
        const diagnostic = { file: before.file, line: 1, column: 1, message: `it cannot be read: ${found.error}` };
        const nothing = { text: '', version: versionOf(''), outline: null, fragments: [] };
        return {
          id,
          file: before.file,
          ...nothing,
          writable: false,
          read_only_reason: found.error,
          diagnostics: [shown(diagnostic)],
        };
      }
      const { diagnostics, fragments } = await read(before, found.text);
      return {
        id,
        file: before.file,
        ...found,
        writable: reason === null,
        read_only_reason: reason,
        diagnostics: diagnostics.map(shown),
        outline: outlineScenario(found.text),
        fragments,
      };
    },

    check,

    edit(id, text, edits) {
      if (!loaded(id)) return undefined;
      const edited = editScenario(text, edits);
      return 'text' in edited ? edited : { diagnostics: edited.diagnostics.map(shown) };
    },

    async tryOut(id, text, environmentName, abort) {
      const before = loaded(id);
      if (!before) return undefined;
      const environment = deps.environments.find(({ name }) => name === environmentName);
      if (!environment) return { refused: `there is no environment "${environmentName}"` };
      const { scenario, diagnostics } = await read(before, text);
      if (!scenario) return { diagnostics: diagnostics.map(shown) };
      if (!runsIn(scenario, environment.name)) {
        return { refused: `the scenario is not meant for the environment "${environment.name}"` };
      }
      const ended = new AbortController();
      const limit = new AbortController();
      abort.addEventListener('abort', () => limit.abort(abort.reason), { once: true });
      if (abort.aborted) limit.abort(abort.reason);
      const timer = deps.clock.timer(LONGEST_TRY_MS, ended.signal).then(
        () => limit.abort(new Error('the try took too long')),
        () => undefined,
      );
      try {
        const { values: secrets } = await deps.secrets.values(scenario.secrets, limit.signal);
        // A retry confirms a failure before anyone is told; whoever tries wants to see the failure.
        const once = { ...scenario, retry: { times: 0, delayMs: 0 } };
        const run = await deps.runner.run({
          scenario: once,
          environment,
          secrets,
          scheduledAt: null,
          abort: limit.signal,
        });
        return { run };
      } finally {
        ended.abort();
        await timer;
      }
    },

    async save(id, text, version) {
      const before = loaded(id);
      if (!before) return undefined;
      const readOnly = whyReadOnly(before.file, deps.shipped);
      if (readOnly) return { status: 'refused', reason: readOnly };
      const { scenario, diagnostics } = await read(before, text);
      if (!scenario) return { status: 'invalid', diagnostics: diagnostics.map(shown) };
      return files.write(before.file, text, version);
    },
  };
}

function shown({ file, line, column, endColumn, message, hint }: Diagnostic): ScenarioDiagnostic {
  return { file, line, column, end_column: endColumn ?? null, message, hint: hint ?? null };
}

/**
 * Which files a text for the scenario `file` may name: those that the file on the disk names, and what lies below its folder,
 * hidden files left out. Links are followed before that is judged.
 */
function readableFrom(
  file: string,
  forbidden: readonly string[],
  namedIn: (file: string) => ReadonlySet<string>,
): (location: string) => boolean {
  const named = namedIn(file);
  const folder = real(dirname(file));
  const closed = forbidden.map(real);
  return (location) => {
    if (named.has(location)) return true;
    const path = real(location);
    const below = relative(folder, path);
    const outside = isAbsolute(below) || below.split(sep).some((part) => part.startsWith('.'));
    return !outside && !closed.some((one) => path === one || path.startsWith(one + sep));
  };
}

/** What a file on the disk names, read again only when it has changed: somebody types, and it stays the same. */
function namedFiles(): (file: string) => ReadonlySet<string> {
  const known = new Map<string, { version: string; named: ReadonlySet<string> }>();
  return (file) => {
    const found = readText(file);
    if ('error' in found) return new Set();
    const before = known.get(file);
    if (before?.version === found.version) return before.named;
    const named = new Set(parseScenario(found.text, file, { files: diskFiles(file) }).files);
    known.set(file, { version: found.version, named });
    return named;
  };
}

/** Where a path leads; where nothing is there, where it would lead. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(resolve(path));
    return folder === resolve(path) ? folder : join(real(folder), relative(folder, resolve(path)));
  }
}

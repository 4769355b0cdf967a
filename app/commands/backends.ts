import pc from 'picocolors';
import type { List } from '../../control/resources.ts';
import { suggestion } from '../../core/document/index.ts';
import { EXIT, RingdownError, toError } from '../../core/errors.ts';
import { loadBackend } from '../../monitoring/backends/registry.ts';
import type { Replayed } from '../../monitoring/relay/supervisor.ts';
import type { BackendStatus, DeadLetter } from '../../monitoring/telemetry.ts';
import { loadEntrySchemas } from '../config/entry-schemas.ts';
import { loadConfig } from '../config/load.ts';
import { askWatcher } from '../control-client.ts';
import type { DataDirectory } from '../data-directory.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { terminal } from '../terminal.ts';

const PROVISION_TIMEOUT_MS = 60_000;
const OUTCOMES = ['received', 'delivered', 'pending', 'filtered', 'rejected', 'dropped'] as const;

/** `ringdown backends status`: the ledger. @returns 1 where a backend does not take data */
export async function showBackends(directory: DataDirectory, json: boolean): Promise<number> {
  const { items } = await askWatcher<List<BackendStatus>>(directory, '/api/v1/backends');
  if (json) terminal.out(JSON.stringify(items));
  else for (const backend of items) describe(backend);
  return items.every(({ healthy }) => healthy) ? EXIT.success : EXIT.failed;
}

function describe(backend: BackendStatus): void {
  const health = backend.healthy ? pc.green('takes data') : pc.red(`does not take data: ${backend.last_error}`);
  terminal.out(`${pc.bold(backend.name)} (${backend.type}) ${health}`);
  if (backend.circuit !== 'closed')
    terminal.out(`  circuit ${backend.circuit}${backend.retry_at ? `, tried again at ${backend.retry_at}` : ''}`);
  terminal.out(`  ${['signal', ...OUTCOMES].map((word) => word.padStart(11)).join('')}`);
  for (const row of backend.ledger) {
    const counts = OUTCOMES.map((outcome) => row[outcome].toLocaleString('en').padStart(11));
    terminal.out(`  ${row.signal.padStart(11)}${counts.join('')}`);
  }
  terminal.out(
    `  lag ${backend.lag_seconds.toFixed(1)} s, ${size(backend.pending_bytes)} waiting, ${size(backend.delivered_bytes)} delivered since the start`,
  );
  for (const { reason, count } of backend.rejections) terminal.out(pc.yellow(`  refused ${count} × ${reason}`));
  const { records, bytes } = backend.dead_letters;
  if (records > 0)
    terminal.out(`  ${records} dead letters (${size(bytes)}): ringdown backends dead-letters ${backend.name}`);
}

/** `ringdown backends dead-letters NAME`: what the backend refused for good, newest first. */
export async function showDeadLetters(directory: DataDirectory, name: string, json: boolean): Promise<number> {
  const { items } = await askWatcher<List<DeadLetter>>(
    directory,
    `/api/v1/backends/${encodeURIComponent(name)}/dead-letters?limit=100`,
  );
  if (json) terminal.out(JSON.stringify(items));
  else if (items.length === 0) terminal.out(`${name} has refused nothing for good`);
  else {
    for (const { id, rejected_at, signal, count, bytes, reason } of items)
      terminal.out(`${id}  ${rejected_at}  ${count} ${signal} in ${size(bytes)}: ${reason}`);
    terminal.out(`Once the cause is mended: ringdown backends replay ${name}`);
  }
  return EXIT.success;
}

/** `ringdown backends replay NAME [ID…]`: hands dead letters over once more. @returns 1 where some are refused again or still wait */
export async function replayDeadLetters(
  directory: DataDirectory,
  name: string,
  ids: string[],
  json: boolean,
): Promise<number> {
  const outcome = await askWatcher<Replayed>(directory, `/api/v1/backends/${encodeURIComponent(name)}/replay`, {
    method: 'POST',
    body: JSON.stringify(ids.length > 0 ? { ids } : {}),
  });
  if (json) terminal.out(JSON.stringify(outcome));
  else
    terminal.out(
      `${outcome.replayed} dead letters replayed: ${outcome.delivered} items delivered, ${outcome.filtered} filtered, ${outcome.rejected} refused again, ${outcome.waiting} still waiting`,
    );
  return outcome.rejected + outcome.waiting === 0 ? EXIT.success : EXIT.failed;
}

/**
 * `ringdown backends provision [NAME]`: makes templates, databases and retention where they are missing; needs no watcher.
 * @returns 1 where a backend could not be provisioned
 */
export async function provisionBackends(
  configFile: string | undefined,
  directory: DataDirectory,
  name: string | undefined,
): Promise<number> {
  const { schemas } = await loadEntrySchemas();
  const { value: config, diagnostics, texts } = loadConfig(configFile, schemas, process.env);
  if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, texts);
  const wanted = config.backends.filter((entry) => name === undefined || entry.name === name);
  if (wanted.length === 0) {
    const names = config.backends.map((entry) => entry.name);
    throw new RingdownError('UNKNOWN_BACKEND', `there is no backend "${name}"`, {
      hint: suggestion(name!, names) ?? `there are: ${names.join(', ')}`,
      exitCode: EXIT.usage,
    });
  }
  let failed = false;
  for (const entry of wanted) {
    const backend = await loadBackend(entry.type);
    if (!backend.provision) {
      terminal.out(`${entry.name} (${entry.type}): needs nothing`);
      continue;
    }
    try {
      const settings = { ...entry, dataDir: directory.plugInDirectory('backends', entry.name) };
      const done = await terminal.progress(
        `provisioning ${entry.name}`,
        backend.provision(settings, AbortSignal.timeout(PROVISION_TIMEOUT_MS)),
      );
      for (const line of done) terminal.out(`${entry.name} (${entry.type}): ${line}`);
    } catch (error) {
      failed = true;
      terminal.err(`${entry.name} (${entry.type}): ${toError(error).message}`);
    }
  }
  return failed ? EXIT.failed : EXIT.success;
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const exponent = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** exponent).toFixed(1)} ${['B', 'kB', 'MB', 'GB', 'TB'][exponent]}`;
}

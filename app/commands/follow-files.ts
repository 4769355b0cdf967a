import { dirname } from 'node:path';
import pc from 'picocolors';
import type { Logger } from 'pino';
import { systemClock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';
import { FileWatch } from '../../scenarios/watch-files.ts';
import { fileProblems } from '../config/file-problems.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { reloadFiles, type Setup, type SetupOptions } from '../setup.ts';
import { printDiagnostics, terminal } from '../terminal.ts';
import type { Watcher } from '../watcher/watcher.ts';
import { contentsOf, reloadWords, totals } from './reload-words.ts';

export interface Followed {
  from: SetupOptions;
  setup: Setup;
  watcher: Pick<Watcher, 'replaceScenarios' | 'replacePolicies' | 'refuseFiles'>;
  log: Logger;
  json: boolean;
}

/**
 * Takes changes of scenario and policy files over into a running watcher, until aborted: files that change, that appear and that
 * disappear. While something is wrong in one of them, all go on as they were. Never rejects.
 */
export async function followFiles({ from, setup, watcher, log, json }: Followed, abort: AbortSignal): Promise<void> {
  const watch = new FileWatch(systemClock);
  let now = setup;
  let files = watched(setup.files);
  let contents = contentsOf(setup.files);
  let mistaken = false;
  try {
    for (;;) {
      watch.set(files);
      const changed = await watch.next(abort);
      try {
        now = await reloadFiles(from, now);
        await watcher.replacePolicies(now.policies, now.policyPlaces);
        await watcher.replaceScenarios(now.scenarios);
        files = watched(now.files);
        const before = contents;
        contents = contentsOf(now.files);
        const words = reloadWords(before, contents, now) ?? (mistaken ? `as before the mistake: ${totals(now)}` : null);
        mistaken = false;
        if (words === null) continue;
        log.info({ files: changed }, `scenarios and policies read again: ${words}`);
        if (!json) terminal.out(`${pc.green('↻')} read again, ${words}`);
      } catch (error) {
        if (!(error instanceof InvalidFiles)) throw error;
        mistaken = true;
        files = [...new Set([...files, ...watched([...error.texts.keys()])])];
        watcher.refuseFiles(fileProblems(error.diagnostics, error.texts, now.config.file));
        if (!json) printDiagnostics(error.diagnostics, error.texts);
        const first = error.diagnostics[0]!;
        log.error(
          { file: first.file, line: first.line, column: first.column, problem: first.message },
          'scenario or policy files have mistakes; the watcher goes on with what it had',
        );
      }
    }
  } catch (error) {
    if (!abort.aborted)
      log.error({ err: toError(error) }, 'changes of scenario and policy files are no longer followed');
  } finally {
    watch.close();
  }
}

/** A folder changes when something appears in it or goes. */
function watched(files: readonly string[]): string[] {
  return [...new Set([...files, ...files.map((file) => dirname(file))])];
}

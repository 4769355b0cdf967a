import type { Command } from 'commander';
import { DataDirectory } from '../data-directory.ts';

/** Flags that all commands have. */
export interface Common {
  config?: string;
  dataDir: string;
  json?: boolean;
}

/** Declares a command of `parent` with the flags that all have. Its action leaves the exit code in `process.exitCode`. */
export function command(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .showHelpAfterError(`(${[...ancestors(parent), usage.split(' ', 1)[0]].join(' ')} --help shows what it takes)`)
    .option('--config <file>', 'the config (default: ringdown.yaml, where there is one)')
    .option('--data-dir <folder>', 'where everything is kept', '.ringdown')
    .option('--json', 'print JSON');
}

/** Words before a command: `ringdown`, `ringdown alerts`. */
function ancestors(command: Command): string[] {
  return [...(command.parent ? ancestors(command.parent) : []), command.name()];
}

export const directory = ({ dataDir }: Common) => new DataDirectory(dataDir);

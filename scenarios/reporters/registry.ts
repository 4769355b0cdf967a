import { pluginsIn } from '../engine/plug-ins.ts';
import type { ReporterKind } from './reporter.ts';

/** Every reporter that has a folder here, by the name that `--reporter` takes. */
export const reporters: ReadonlyMap<string, ReporterKind> = new Map(
  (await pluginsIn<{ reporter: ReporterKind }>(import.meta.url)).map(({ reporter }) => [reporter.name, reporter]),
);

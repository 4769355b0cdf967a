export {
  createReporters,
  type ReporterChoice,
  type ReporterSet,
  type ReporterTerminal,
  readReporterChoice,
} from './create-reporters.ts';
export { reporters } from './registry.ts';
export type { Reporter, ReporterKind, ReporterOptions, RunStarted, StepFinished, Totals } from './reporter.ts';

/**
 * A benchmark suite is a folder `benchmarks/<name>/` whose `index.ts` exports `suite`. `npm run bench` runs every
 * folder, `npm run bench -- <name>` one of them; `--quick` takes fewer and shorter rounds and writes nothing.
 * Rivals run in the same minute on the same machine, rounds interleaved, and the report says where we lose.
 */
export interface Suite {
  /** What is compared, as a heading. */
  title: string;
  /** Takes two minutes at most, half a minute when `quick`; longer only where the claim itself is about minutes. */
  run(options: SuiteOptions): Promise<Report>;
}

export interface SuiteOptions {
  quick: boolean;
  /** One line of progress. */
  progress(line: string): void;
}

export interface Report {
  /** How it was measured, one sentence each. */
  method: string[];
  /** Packages in the comparison and their versions. */
  versions: Record<string, string>;
  table: { columns: string[]; rows: string[][] };
  /** What the numbers say against their targets, and where something else is better. */
  findings: string[];
}

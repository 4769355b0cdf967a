import exec from 'k6/execution';

/** Each iteration takes the next row; after the last comes the first again. Counts from 1. */
export function rowNumber(rows) {
  return (exec.scenario.iterationInTest % rows.length) + 1;
}

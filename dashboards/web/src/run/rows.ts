import type { Attempt, StepResult } from '../../../../control/resources.ts';

/** `40 rows of data: 37 passed, 1 failed, 2 not begun`. */
export function rowsWords({ total, passed, failed }: NonNullable<Attempt['rows']>): string {
  const left = total - passed - failed;
  const parts = [
    ...(passed > 0 ? [`${passed} passed`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(left > 0 ? [`${left} not begun`] : []),
  ];
  return `${total} ${total === 1 ? 'row' : 'rows'} of data: ${parts.join(', ')}`;
}

/** The steps without those of rows that simply passed, of which there may be thousands. */
export function tellingSteps(steps: readonly StepResult[]): StepResult[] {
  const telling = new Set(
    steps
      .filter(
        ({ status, warnings }) => status === 'failed' || status === 'error' || warnings.some(({ passed }) => !passed),
      )
      .map(({ row }) => row),
  );
  return steps.filter(({ row }) => row === null || telling.has(row));
}

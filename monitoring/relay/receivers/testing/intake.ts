import { systemClock } from '../../../../core/clock.ts';
import type { NewRecord } from '../../spool/record.ts';
import { CardinalityGuard } from '../cardinality.ts';
import { OtlpIntake } from '../otlp-intake.ts';

/** An intake of bodies up to 1 MiB, what it took, and what happens to that, which a test may change. */
export interface IntakeAtHand {
  intake: OtlpIntake;
  taken: NewRecord[];
  append(record: NewRecord): Promise<void>;
}

/** For tests. Whatever is logged makes them fail: nothing that a sender does may look like a fault of ours. */
export function intakeForTests(token: string | undefined): IntakeAtHand {
  const taken: NewRecord[] = [];
  const at = {
    taken,
    append: async (record: NewRecord) => {
      taken.push(record);
    },
  };
  const intake = new OtlpIntake({
    token,
    maxBodyBytes: 1 << 20,
    cardinality: new CardinalityGuard({ clock: systemClock, maxTagSets: 2_000 }),
    now: () => 1234,
    append: (record) => at.append(record),
    log: (_, message) => {
      throw new Error(message);
    },
  });
  return Object.assign(at, { intake });
}

export async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it never became so');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { advance, changesAt, type InstanceState, type RuleTiming, unseen } from './advance.ts';

fc.configureGlobal({ seed: 20261123 });

const EVERY = 15_000;
const timing = (patch: Partial<RuleTiming> = {}): RuleTiming => ({
  every_ms: EVERY,
  for_ms: 0,
  keep_firing_for_ms: 0,
  no_data: 'keep',
  ...patch,
});

/** Phases after each reading: `x` breached, `.` well, `-` no data; one letter an evaluation. */
function phases(readings: string, rule: RuleTiming, wall = (turn: number) => turn * EVERY): string {
  let state = unseen(0);
  return [...readings]
    .map((reading, turn) => {
      const breached = reading === '-' ? null : reading === 'x';
      state = advance(state, breached, rule, { wall: wall(turn), monotonic: turn * EVERY });
      return { inactive: '.', pending: 'p', firing: 'F' }[state.phase];
    })
    .join('');
}

describe('a rule over its evaluations, 15 s apart', () => {
  test.each([
    ['it fires at once without `for`', {}, '.xx.x.', '.FF.F.'],
    ['it fires when it has held for `for`', { for_ms: 30_000 }, 'xxxx', 'ppFF'],
    ['a value that is well ends the waiting', { for_ms: 30_000 }, 'xx.xxx', 'pp.ppF'],
    ['`for` shorter than the interval takes one more evaluation', { for_ms: 5_000 }, 'xx', 'pF'],
    ['it goes on for `keep_firing_for`', { keep_firing_for_ms: 30_000 }, 'x...', 'FFF.'],
    ['a breach begins `keep_firing_for` anew', { keep_firing_for_ms: 30_000 }, 'x..x...', 'FFFFFF.'],
    ['no data keeps everything', {}, '-x--.-', '.FFF..'],
    ['a short gap does not end the waiting, and it does not fire in the gap', { for_ms: 45_000 }, 'x--x', 'pppF'],
    ['a gap longer than `for` begins the waiting anew', { for_ms: 30_000 }, 'x---xxx', 'ppppppF'],
    ['a gap of two evaluations is short whatever `for` is', { for_ms: 5_000 }, 'x-x', 'ppF'],
    ['a gap in `keep_firing_for` begins it anew', { keep_firing_for_ms: 30_000 }, 'x.---...', 'FFFFFFF.'],
    ['no data is well with `ok`', { no_data: 'ok' }, 'x-x-', 'F.F.'],
    ['no data is as bad with `alert`, after `for`', { no_data: 'alert', for_ms: 15_000 }, '.--.', '.pF.'],
  ] as const)('%s', (_, patch, readings, expected) => {
    expect(phases(readings, timing(patch))).toBe(expected);
  });

  test('whatever the wall clock does', () => {
    const rule = timing({ for_ms: 30_000, keep_firing_for_ms: 30_000 });
    const readings = 'xxxx....x.xxx';
    const steps = (turn: number) => turn * EVERY + (turn % 3 === 0 ? 3_600_000 : turn % 3 === 1 ? -3_600_000 : 0);
    expect(phases(readings, rule, steps)).toBe(phases(readings, rule));
  });
});

const readingsOf = fc.array(fc.constantFrom(true, false, null), { maxLength: 60 });
const timingOf = fc.record({
  every_ms: fc.constant(EVERY),
  for_ms: fc.constantFrom(0, 1, EVERY, 40_000, 120_000),
  keep_firing_for_ms: fc.constantFrom(0, 1, EVERY, 40_000, 120_000),
  no_data: fc.constantFrom('keep' as const, 'ok' as const, 'alert' as const),
});

function walk(readings: readonly (boolean | null)[], rule: RuleTiming): InstanceState[] {
  let state = unseen(0);
  return readings.map((breached, turn) => {
    state = advance(state, breached, rule, { wall: turn * EVERY, monotonic: turn * EVERY });
    return state;
  });
}

describe('over any readings', () => {
  test('it begins to fire only at an evaluation that finds it holding, after it held for `for`', () => {
    fc.assert(
      fc.property(readingsOf, timingOf, (readings, rule) => {
        const states = walk(readings, rule);
        states.forEach(({ phase, since }, turn) => {
          if (phase !== 'firing' || states[turn - 1]?.phase === 'firing') return;
          const breached = readings[turn] ?? (rule.no_data === 'alert' ? true : null);
          expect(breached).toBe(true);
          expect(turn * EVERY - since).toBeGreaterThanOrEqual(rule.for_ms);
        });
      }),
    );
  });

  test('it ends only at an evaluation that finds it well', () => {
    fc.assert(
      fc.property(readingsOf, timingOf, (readings, rule) => {
        const states = walk(readings, rule);
        states.forEach(({ phase }, turn) => {
          if (phase === 'firing' || states[turn - 1]?.phase !== 'firing') return;
          expect(readings[turn] ?? (rule.no_data === 'ok' ? false : null)).toBe(false);
        });
      }),
    );
  });

  test('what is well, or breached, for long enough gets there', () => {
    fc.assert(
      fc.property(readingsOf, timingOf, (readings, rule) => {
        const turns = (ms: number) => Array.from({ length: Math.ceil(ms / EVERY) + 1 });
        const breached = [...readings, ...turns(rule.for_ms).map(() => true)];
        const well = [...readings, ...turns(rule.keep_firing_for_ms).map(() => false)];
        expect(walk(breached, rule).at(-1)!.phase).toBe('firing');
        expect(walk(well, rule).at(-1)!.phase).toBe('inactive');
      }),
    );
  });

  test('between now and `changesAt`, evaluations with the same reading change no phase', () => {
    fc.assert(
      fc.property(readingsOf, timingOf, fc.integer({ min: 1, max: 20 }), (readings, rule, turns) => {
        const last = readings.length - 1;
        const state = walk(readings, rule).at(-1);
        if (!state) return;
        const reading = readings[last]!;
        const next = changesAt(state, reading, rule) ?? Number.POSITIVE_INFINITY;
        const later = walk([...readings, ...Array.from({ length: turns }, () => reading)], rule);
        later.slice(last).forEach(({ phase }, further) => {
          if ((last + further) * EVERY < next) expect(phase).toBe(state.phase);
          else expect(phase).not.toBe(state.phase);
        });
      }),
    );
  });
});

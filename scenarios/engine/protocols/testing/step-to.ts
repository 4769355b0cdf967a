import type { WrittenFields } from '../protocol.ts';

/** What a protocol's folder exports from testing/step-to.ts for the contract suite; null where it speaks to nobody. */
export type StepTo = ((address: string) => WrittenFields) | null;

import type { StepTo } from '../../testing/step-to.ts';

export const stepTo: StepTo = (address) => ({ websocket: { url: `ws://${address}/`, messages: [{ receive: 'any' }] } });

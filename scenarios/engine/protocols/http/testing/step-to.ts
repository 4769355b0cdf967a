import type { StepTo } from '../../testing/step-to.ts';

export const stepTo: StepTo = (address) => ({ request: `POST http://${address}/`, body: 'hello' });

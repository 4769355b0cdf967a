import type { StepTo } from '../../testing/step-to.ts';

export const stepTo: StepTo = (address) => ({ grpc: { url: `grpc://${address}`, method: 'shop.v1.Shop/GetOrder' } });

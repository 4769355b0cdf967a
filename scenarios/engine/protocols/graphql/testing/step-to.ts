import type { StepTo } from '../../testing/step-to.ts';

export const stepTo: StepTo = (address) => ({
  graphql: { url: `http://${address}/graphql`, query: '{ me { name } }' },
});

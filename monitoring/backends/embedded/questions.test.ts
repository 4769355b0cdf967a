import { join } from 'node:path';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { describeReader } from '../../testing/describe-reader.ts';
import { createEmbedded } from './index.ts';

describeReader('embedded', {
  async prepare(folder) {
    const clock = new VirtualClock(Date.UTC(2026, 10, 20, 11));
    const embedded = createEmbedded({ name: 'local', type: 'embedded', dataDir: join(folder, 'store') }, clock);
    return { ...embedded, close: async () => undefined };
  },
});

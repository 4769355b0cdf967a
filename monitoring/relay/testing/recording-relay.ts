import { serveRelay } from '../serve.ts';
import { recordingBackend } from './recording-backend.ts';

/** For tests: a relay process whose only backend type records what it is given. */
serveRelay(async () => recordingBackend);

import { readFileSync } from 'node:fs';

interface Case {
  name: string;
  selector: string;
  document?: unknown;
  invalid_selector?: boolean;
}

const suite = new URL(
  'src/__tests__/jsonpath-compliance-test-suite/cts.json',
  import.meta.resolve('jsonpath-rfc9535/package.json'),
);

/** The valid queries of the public compliance suite of RFC 9535, as the package carries it. */
export const COMPLIANCE_CASES = (JSON.parse(readFileSync(suite, 'utf8')) as { tests: Case[] }).tests.filter(
  ({ invalid_selector: invalid }) => !invalid,
);

/** The internal way out of something that k6 cannot do; becomes a diagnostic at the step. */
export class Refused extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

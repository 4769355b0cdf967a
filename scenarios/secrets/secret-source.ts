/** Where the value of a secret comes from, as ringdown.yaml says it. */
export type SecretSource =
  /** Name of an environment variable. */
  | { readonly env: string }
  /** An absolute path. */
  | { readonly file: string }
  /** Name of a parameter of AWS Systems Manager. `url`: where it answers instead of AWS, such as an emulator. */
  | { readonly aws_ssm: string; readonly region?: string; readonly url?: string };

/** What a source gave. The error names the place in words, never the value. */
export type SecretRead = { readonly value: string } | { readonly error: string; readonly hint: string | null };

/** Reads several secrets of one kind of source at once. Never rejects; gives one result for each, in their order. */
export type ReadSecrets<Source> = (
  sources: readonly Source[],
  env: Readonly<Record<string, string | undefined>>,
  abort: AbortSignal,
) => Promise<readonly SecretRead[]>;

import type { Template } from '../../../language/template.ts';
import type { AwsSpec } from '../../auth/aws/index.ts';
import type { BasicSpec } from '../../auth/basic/index.ts';
import type { BearerSpec } from '../../auth/bearer/index.ts';
import type { DigestSpec } from '../../auth/digest/index.ts';
import type { Oauth2Spec } from '../../auth/oauth2/index.ts';

/** An HTTP request as it is run: short forms expanded, texts compiled. */
export interface HttpSpec {
  /** Upper case. */
  readonly method: string;
  /** Relative to base_url, or absolute. Renders to a text that is already percent-encoded. */
  readonly url: Template;
  /** Path as written, without query: `/v1/posts/{{ id }}`. Low in cardinality. */
  readonly route: string;
  /** Appended to the url's own query. Values render raw (a list repeats the name): encode them. */
  readonly query: Fields;
  /** Names as written. Values that break out of a header render to an error. */
  readonly headers: Fields;
  readonly body: Body | null;
  readonly auth: Auth | null;
  /** 0: a redirect is the response. */
  readonly maxRedirects: number;
}

export type Fields = readonly { readonly name: string; readonly value: Template }[];

export type Body =
  /** Serialise the rendered value; content-type `application/json` unless a header says otherwise. */
  | { readonly kind: 'json'; readonly value: Template }
  /** `application/x-www-form-urlencoded`; values render raw: encode them. */
  | { readonly kind: 'form'; readonly fields: Fields }
  /** Renders to the body itself, substituted values escaped for the content type (JSON, XML) already. */
  | { readonly kind: 'text'; readonly value: Template }
  /** The bytes of a file as they are. */
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly contentType: string }
  /** `multipart/form-data` (RFC 7578), parts in the order written. */
  | { readonly kind: 'multipart'; readonly parts: readonly Part[] };

export type Part =
  /** A list repeats the name. */
  { readonly name: string; readonly value: Template } | { readonly name: string; readonly file: FilePart };

export interface FilePart {
  readonly bytes: Uint8Array;
  readonly filename: string;
  readonly contentType: string;
}

/** Who the request is from: what the `compile` of a folder of scenarios/engine/auth made. */
export type Auth = BearerSpec | BasicSpec | DigestSpec | Oauth2Spec | AwsSpec;

import type { Generated } from 'kysely';

/** Times are milliseconds since the Unix epoch, UTC. */
export interface ApiSchema {
  account: AccountTable;
  session: SessionTable;
  refresh_token: RefreshTokenTable;
  post: PostTable;
}

interface AccountTable {
  id: string;
  /** Lower case. */
  email: string;
  password_hash: string;
  created_at: number;
}

interface SessionTable {
  id: string;
  account_id: string;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
}

interface RefreshTokenTable {
  /** SHA-256 of the token, hexadecimal: a stolen database signs nobody in. */
  token_hash: string;
  session_id: string;
  used_at: number | null;
}

interface PostTable {
  /** Order of creation; what cursors point at. */
  seq: Generated<number>;
  id: string;
  author_id: string;
  title: string;
  body: string;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
}

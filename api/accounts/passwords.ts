import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { traced } from '../tracing.ts';

const derive: (password: string, salt: Buffer, length: number, options: ScryptOptions) => Promise<Buffer> =
  promisify(scrypt);

/** scrypt's cost (RFC 7914 §2): N = 2^logN, block size r, parallelization p. Memory is 128 · N · r bytes. */
export interface ScryptCost {
  logN: number;
  r: number;
  p: number;
}

/**
 * RFC 7914's setting for interactive logins and Node's default: 16 MiB and about 30 ms of one core, off the event loop.
 * Scenarios and load tests sign in here all day, so it is cheap; for people's own passwords OWASP asks for p = 5.
 * The cost is written into each hash, so that raising it leaves the old ones readable.
 */
export const DEFAULT_COST: ScryptCost = { logN: 14, r: 8, p: 1 };

export interface Passwords {
  /** @returns `$scrypt$ln=14,r=8,p=1$<salt>$<hash>`, base64 without padding (the PHC string format) */
  hash(password: string): Promise<string>;
  /** Takes the same time whether there is such an account (`hash` given) or not. */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PHC = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export function scryptPasswords(cost: ScryptCost = DEFAULT_COST): Passwords {
  // Nobody's: compared against when there is no account, so that the time taken does not tell.
  const decoy = encode(cost, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      return encode(cost, salt, await run(password, salt, HASH_BYTES, cost));
    },
    async verify(password, hash) {
      const parts = PHC.exec(hash ?? decoy);
      if (!parts) throw new Error('a stored password hash is not in the format $scrypt$ln=,r=,p=$salt$hash');
      const [, logN, r, p, salt, expected] = parts;
      const stored = Buffer.from(expected!, 'base64');
      const written = { logN: Number(logN), r: Number(r), p: Number(p) };
      const actual = await run(password, Buffer.from(salt!, 'base64'), stored.length, written);
      return timingSafeEqual(actual, stored) && hash !== undefined;
    },
  };
}

function run(password: string, salt: Buffer, length: number, { logN, r, p }: ScryptCost): Promise<Buffer> {
  const memory = 128 * 2 ** logN * r;
  const attributes = { 'ringdown.scrypt.log_n': logN, 'ringdown.scrypt.r': r, 'ringdown.scrypt.p': p };
  return traced('hash password', attributes, () =>
    // NFKC: the same password typed on another keyboard may arrive as other code points (NIST SP 800-63B §5.1.1.2).
    derive(password.normalize('NFKC'), salt, length, { N: 2 ** logN, r, p, maxmem: 2 * memory }),
  );
}

function encode({ logN, r, p }: ScryptCost, salt: Buffer, hash: Buffer): string {
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=${logN},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`;
}

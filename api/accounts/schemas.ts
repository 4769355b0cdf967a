import { Type } from 'typebox';

export const SHORTEST_PASSWORD = 8;

const Email = Type.String({ format: 'email', maxLength: 254, examples: ['qa@example.com'] });
/** The upper bound keeps hashing from becoming a weapon. */
const LONGEST_PASSWORD = 128;

export const SignUp = Type.Object(
  {
    email: Email,
    password: Type.String({ minLength: SHORTEST_PASSWORD, maxLength: LONGEST_PASSWORD }),
  },
  { additionalProperties: false, title: 'SignUp' },
);

/** A password that is too short to be one is simply wrong, so signing in does not ask for a length. */
export const SignIn = Type.Object(
  { email: Email, password: Type.String({ minLength: 1, maxLength: LONGEST_PASSWORD }) },
  { additionalProperties: false, title: 'SignIn' },
);

import Type, { type TSchema } from 'typebox';

/** `capture: { state: { status: true } }`: where there is one thing to take, so nothing to say. */
export const whole = (description: string): TSchema => Type.Literal(true, { description, examples: [true] });

/** A text that says where to look. */
export const place = (description: string, example: string): TSchema =>
  Type.String({ minLength: 1, description, examples: [example] });

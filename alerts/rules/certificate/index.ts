import { type Static, Type } from 'typebox';
import { formatDuration } from '../../../core/units.ts';
import { compileLimit, holds, type Limit, limitSchema } from '../limit.ts';
import { defineRule, type Reading } from '../rule.ts';
import { closed, texts } from '../schema-words.ts';
import type { SignalAnswers } from '../signal.ts';

const Schema = Type.Object(
  {
    targets: texts(
      'Hosts that present one, each with its port; an IPv6 address in brackets.',
      ['api.example.com:443'],
      {
        items: {
          type: 'string',
          pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$',
          'x-expected': 'a host and its port such as api.example.com:443',
        },
      },
    ),
    expires_in: limitSchema(
      ['duration'],
      { gt: '14d', gte: '14d', lt: '14d', lte: '14d' },
      'How long it is valid still; `lt: 14d` fires two weeks before its end.',
    ),
  },
  {
    ...closed,
    description: 'The certificate that a host presents ends soon. Each target fires by itself.',
    examples: [{ targets: ['api.example.com:443'], expires_in: { lt: '14d' } }],
  },
);

export interface CertificateSpec {
  targets: readonly string[];
  limit: Limit;
}

/** How long certificates are valid still. A host that presents none cannot be asked, which says nothing. */
export const rule = defineRule<Static<typeof Schema>, CertificateSpec>({
  kind: 'certificate',
  schema: Schema,
  check: ({ targets }) =>
    targets.flatMap((target, index) => {
      const port = Number(target.slice(target.lastIndexOf(':') + 1));
      if (targets.indexOf(target) < index) return [{ path: ['targets', index], message: `"${target}" is there twice` }];
      return port >= 1 && port <= 65_535 ? [] : [{ path: ['targets', index], message: `there is no port ${port}` }];
    }),
  compile: ({ targets, expires_in }) => ({ targets, limit: compileLimit(expires_in) }),
  labels: () => ['target'],
  questions: ({ targets }) => targets.map((target) => ({ of: 'certificate', target })),
  evaluate: (spec, answers, now) =>
    spec.targets.flatMap((target, index) => {
      const answer = answers[index] as SignalAnswers['certificate'] | null | undefined;
      return answer ? [reading(spec, target, answer, now)] : [];
    }),
});

function reading(spec: CertificateSpec, target: string, answer: SignalAnswers['certificate'], now: number): Reading {
  const labels = { target };
  const threshold = spec.limit.written;
  const left = Date.parse(answer.expires_at) - now;
  if (Number.isNaN(left)) {
    const text = `the certificate of ${target} does not say when it ends`;
    return { labels, value: null, breached: null, text, shown: { value: null, threshold } };
  }
  const day = new Date(Date.parse(answer.expires_at)).toISOString().slice(0, 10);
  const value = formatDuration(Math.abs(left));
  const host = target.replace(/:\d+$/, '');
  const subject = [host, `CN=${host}`].includes(answer.subject) ? '' : ` (${answer.subject})`;
  const text = `the certificate of ${target}${subject} ${left < 0 ? `ended ${value} ago` : `ends in ${value}`}, on ${day}`;
  return {
    labels,
    value: left,
    breached: holds(spec.limit.operator, left, spec.limit.value),
    text,
    shown: { value, threshold },
  };
}

import Type from 'typebox';
import { closed, text } from '../../../language/schema-words.ts';
import { type Template, template } from '../../../language/template.ts';
import { field } from '../../../language/written.ts';
import type { SpecProblem } from '../../assertions/assertion.ts';
import { targetAt } from '../connect.ts';
import type { WrittenFields } from '../protocol.ts';

const RECORD_TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export interface DnsSpec {
  readonly name: Template;
  readonly type: RecordType;
  /** `host[:port]`; null: the name servers of this machine. */
  readonly server: Template | null;
  readonly written: string;
}

export const keys = {
  dns: Type.Object(
    {
      name: text('The name that is asked for; for PTR an IP address will do.', 'example.com'),
      type: Type.Optional(
        Type.Union(
          RECORD_TYPES.map((type) => Type.Literal(type)),
          {
            'x-expected': `one of ${RECORD_TYPES.join(', ')}`,
            description: 'Type of the records; A when absent.',
            examples: ['AAAA'],
          },
        ),
      ),
      server: Type.Optional(
        text('Name server, port 53 when none is given; those of this machine when absent.', '9.9.9.9:53'),
      ),
    },
    {
      ...closed,
      'x-expected': 'a mapping such as { name: example.com, type: A }',
      description: 'Asks a name server (RFC 1035). The body is the list of records, the status the response code.',
      examples: [{ name: 'example.com', type: 'A' }],
    },
  ),
};

export function check({ dns }: WrittenFields): SpecProblem[] {
  const server = field(dns, 'server');
  if (typeof server !== 'string' || server === '' || server.includes('{{') || serverAt(server)) return [];
  const message = `"${server}" is no address of a name server`;
  return [{ path: ['dns', 'server'], part: 'value', message, hint: 'for example: 9.9.9.9:53' }];
}

export function compile({ dns }: WrittenFields): DnsSpec {
  const { name, type = 'A', server } = dns as { name: string; type?: RecordType; server?: string };
  return { name: template(name), type, server: server === undefined ? null : template(server), written: name };
}

/** A name server's address; null where the text is none. */
export function serverAt(written: string) {
  return targetAt('dns', /:\d+$/.test(written) && !/^[^[]*:.*:/.test(written) ? written : `${bracketed(written)}:53`);
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

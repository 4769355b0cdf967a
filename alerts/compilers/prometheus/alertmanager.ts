import { printYaml } from '../../../core/document/index.ts';
import { type CompileContext, TOKEN_PLACEHOLDER } from '../compiler.ts';

/**
 * Every alert of a compiled rule goes to Ringdown, one by one and at once: whom to tell, when again, what inhibits what and
 * when it is quiet is the policy's, which is applied there. Alertmanager repeats what still fires, so that an alert that
 * was lost on the way comes again. @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerFile({ inboundUrl }: CompileContext): string {
  const document = {
    route: {
      receiver: 'none',
      routes: [
        {
          matchers: ['ringdown_policy=~".+"'],
          receiver: 'ringdown',
          group_by: ['...'],
          group_wait: '0s',
          group_interval: '1s',
          repeat_interval: '5m',
        },
      ],
    },
    receivers: [
      { name: 'none' },
      {
        name: 'ringdown',
        webhook_configs: [
          {
            url: inboundUrl,
            send_resolved: true,
            max_alerts: 0,
            http_config: { authorization: { type: 'Bearer', credentials: TOKEN_PLACEHOLDER } },
          },
        ],
      },
    ],
  };
  const comments: Record<string, string> = {
    '': 'Made by `ringdown alerts compile --target prometheus`. Where you have an alertmanager.yml, add its route and its receiver there.',
    'receivers.1.webhook_configs.0.http_config': `${TOKEN_PLACEHOLDER}: the token of this entry of \`inbound:\` in ringdown.yaml; \`credentials_file\` reads it from a file`,
  };
  return printYaml(document, {
    block: (path) => path.length < 5 && !path.includes('group_by') && !path.includes('matchers'),
    comment: (path) => comments[path.join('.')],
  });
}

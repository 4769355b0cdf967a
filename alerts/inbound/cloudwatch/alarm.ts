import { malformed } from '../../signatures.ts';
import { at, firstText, list, text, time } from '../fields.ts';
import type { Parsed } from '../inbound.ts';

/**
 * An alarm of CloudWatch, as SNS carries it. Source: docs.aws.amazon.com/AmazonCloudWatch, "Alarm events and SNS".
 * INSUFFICIENT_DATA changes nothing: it neither says that something is wrong nor that it is well again.
 */
export function readAlarm(message: string): Parsed {
  let alarm: unknown;
  try {
    alarm = JSON.parse(message);
  } catch {
    return malformed('the message is not an alarm of CloudWatch: it is not JSON');
  }
  const name = text(at(alarm, 'AlarmName'));
  const state = text(at(alarm, 'NewStateValue'));
  if (name === null || state === null) {
    return malformed('the message is not an alarm of CloudWatch: AlarmName or NewStateValue is missing');
  }
  if (state === 'INSUFFICIENT_DATA') return { alerts: [] };
  if (state !== 'ALARM' && state !== 'OK') return malformed('NewStateValue must be ALARM, OK or INSUFFICIENT_DATA');
  const arn = text(at(alarm, 'AlarmArn'));
  const trigger = at(alarm, 'Trigger');
  const labels: Record<string, string> = { alarm: name };
  const add = (label: string, value: string | null) => {
    if (value !== null) labels[label] = value;
  };
  add('account', text(at(alarm, 'AWSAccountId')));
  add('region', arn?.split(':')[3] ?? text(at(alarm, 'Region')));
  add('namespace', text(at(trigger, 'Namespace')));
  add('metric', text(at(trigger, 'MetricName')));
  for (const dimension of list(at(trigger, 'Dimensions'))) {
    const label = text(at(dimension, 'name'));
    if (label !== null && !Object.hasOwn(labels, label)) add(label, text(at(dimension, 'value')));
  }
  const description = firstText(at(alarm, 'AlarmDescription'));
  return {
    alerts: [
      {
        key: arn ?? `${labels.account ?? ''}/${labels.region ?? ''}/${name}`,
        state: state === 'OK' ? 'resolved' : 'firing',
        title: name,
        text: [description, firstText(at(alarm, 'NewStateReason'))].filter((line) => line !== null).join('\n') || null,
        severity: null,
        service: null,
        environment: null,
        labels,
        url: consoleUrl(arn, name),
        runbook: null,
        at: time(at(alarm, 'StateChangeTime')),
      },
    ],
  };
}

/** In the console of the partition that the alarm lives in; null where that is not known. */
function consoleUrl(arn: string | null, name: string): string | null {
  const [, partition, , region] = /^arn:([a-z-]+):cloudwatch:([a-z0-9-]+):/.exec(arn ?? '')?.[0].split(':') ?? [];
  if (partition !== 'aws' || !region) return null;
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#alarmsV2:alarm/${encodeURIComponent(name)}`;
}

import type { DeliveryRecord, Hold } from '../../../../control/resources.ts';
import { Empty, Panel } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';
import { plural } from '../time/words.ts';
import { holdTitle } from './hold-words.ts';

const STATUS_WORDS: Record<DeliveryRecord['status'], string> = {
  pending: 'on its way',
  accepted: 'accepted',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** Who was told what, channel by channel: one line per notification, with attempts and what went wrong. */
export function Deliveries({ deliveries, held }: { deliveries: DeliveryRecord[]; held: Hold | null }) {
  return (
    <Panel title="Who was told" id="deliveries" padded={false}>
      {deliveries.length === 0 ? (
        <Empty title="Nobody was told">
          {held
            ? `${holdTitle(held.stage)}: the channels are told when that is over and it is still open.`
            : "The policy's escalation names the channels; each notification is listed here."}
        </Empty>
      ) : (
        <div className="scroll-x">
          <table className="data-table">
            <thead>
              <tr>
                <th scope="col">Channel</th>
                <th scope="col">About</th>
                <th scope="col">Outcome</th>
              </tr>
            </thead>
            {[...Map.groupBy(deliveries, ({ channel }) => channel)].map(([channel, own]) => (
              <tbody key={channel}>
                {own.map((delivery, index) => (
                  <tr key={delivery.delivery_id}>
                    {index === 0 && (
                      <th scope="rowgroup" rowSpan={own.length} className="delivery-channel">
                        {channel}
                        {own.length > 1 && <span className="faint delivery-count">{own.length} times</span>}
                      </th>
                    )}
                    <td>{delivery.event.replace('incident.', '')}</td>
                    <td>
                      <Outcome delivery={delivery} />
                    </td>
                  </tr>
                ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
    </Panel>
  );
}

function Outcome({ delivery }: { delivery: DeliveryRecord }) {
  const waits = delivery.status === 'pending' && delivery.attempts === 0;
  return (
    <>
      <span className="delivery-status" data-status={delivery.status}>
        {STATUS_WORDS[delivery.status]}
      </span>
      <span className="soft">
        {waits ? (
          <>
            {' '}
            · due <Time at={delivery.due_at} as="until" />
          </>
        ) : (
          delivery.last_attempt_at && (
            <>
              {' '}
              · <Time at={delivery.last_attempt_at} as="clock" />
            </>
          )
        )}
        {delivery.attempts > 1 && ` · ${plural(delivery.attempts, 'attempt')}`}
      </span>
      {delivery.last_error && delivery.status !== 'accepted' && (
        <p className="delivery-error mono">{delivery.last_error}</p>
      )}
      {delivery.last_error && delivery.status === 'accepted' && <p className="faint">earlier: {delivery.last_error}</p>}
      {delivery.provider_ref && <p className="faint mono delivery-ref">{delivery.provider_ref}</p>}
    </>
  );
}

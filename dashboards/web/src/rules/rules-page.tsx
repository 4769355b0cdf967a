import { useState } from 'react';
import { useSearchParams } from 'wouter';
import type { RuleList } from '../../../../control/resources.ts';
import { query } from '../api/client.ts';
import { Choices } from '../parts/choices.tsx';
import { Empty, Loading, LoadProblem, PageTitle } from '../parts/page-parts.tsx';
import { Pager } from '../parts/pager.tsx';
import { RuleMark } from '../parts/state-mark.tsx';
import { plural } from '../time/words.ts';
import { FileProblems } from './file-problems.tsx';
import { RuleTable } from './rule-table.tsx';
import { rulesWords, SHOWN_STATES, type Shown } from './rule-words.ts';
import { useRules } from './use-rules.ts';
import './rules.css';

const PAGE_SIZE = 50;

interface Filter {
  state: Shown | null;
  service: string;
  team: string;
  text: string;
}

/** All rules of all policies, worst first. What is asked for stands in the address, so that it can be sent to somebody. */
export function RulesPage() {
  const { filter, setFilter } = useFilter();
  const [trail, setTrail] = useState<string[]>([]);
  const { state, service, team, text } = filter;
  const rules = useRules<RuleList>(
    `/api/v1/rules${query({ state, service, team, text: text.trim(), limit: PAGE_SIZE, cursor: trail.at(-1) })}`,
  );
  // What was there stays while other words are typed.
  const [last, setLast] = useState(rules.data);
  if (rules.data && rules.data !== last) setLast(rules.data);
  const data = rules.data ?? last;
  const change = (next: Filter) => {
    setTrail([]);
    setFilter(next);
  };
  const all = () => change({ state: null, service: '', team: '', text: '' });

  if (!data) {
    return (
      <div className="page">
        <PageTitle>Rules</PageTitle>
        <h1>Rules</h1>
        {rules.problem ? <LoadProblem problem={rules.problem} retry={rules.reload} /> : <Loading what="rules" />}
      </div>
    );
  }
  const total = totalOf(data);
  return (
    <div className="page">
      <PageTitle>Rules</PageTitle>
      <div className="page-head">
        <h1>{rulesWords(data)}</h1>
        {total > 0 && (
          <p className="soft">
            {plural(total, 'rule')} of {plural(data.policies, 'policy', 'policies')}, worst first.
          </p>
        )}
        {total > 0 && <Controls filter={filter} onChange={change} list={data} />}
      </div>
      {rules.problem && <LoadProblem problem={rules.problem} retry={rules.reload} />}
      <FileProblems files={data.files} />
      {total === 0 && (
        <div className="panel">
          <Empty title="No policy has a rule">
            A file matching <code>policies:</code> in <code>ringdown.yaml</code>, such as{' '}
            <code>alerts/policies/posts.policy.yaml</code>, says when a number or a scenario is an alert and who is
            told. Until then failing scenarios tell every channel.
          </Empty>
        </div>
      )}
      {total > 0 && data.items.length === 0 && (
        <div className="panel">
          <Empty title="No rule matches the filter">
            <button type="button" className="link-button" onClick={all}>
              Show all {total}
            </button>
          </Empty>
        </div>
      )}
      {data.items.length > 0 && <RuleTable rules={data.items} />}
      <Pager trail={trail} next={data.next_cursor} onTrail={setTrail} words={{ back: 'Back', on: 'More' }} />
    </div>
  );
}

function Controls({ filter, onChange, list }: { filter: Filter; onChange(filter: Filter): void; list: RuleList }) {
  const { counts } = list;
  return (
    <search className="rule-controls">
      <Choices
        label="Filter by state"
        value={filter.state}
        onChange={(state) => onChange({ ...filter, state })}
        options={[
          { value: null, label: `All ${totalOf(list)}` },
          ...SHOWN_STATES.filter((state) => counts[state] > 0 || filter.state === state).map((state) => ({
            value: state,
            label: (
              <>
                {state === 'held' ? 'Silenced' : <RuleMark state={state} />} {counts[state]}
              </>
            ),
          })),
        ]}
      />
      <div className="rule-search">
        <input
          data-filter
          className="field"
          type="search"
          placeholder="Filter by name, label…"
          aria-label="Filter by name, policy, service or label"
          title="Press / to come here"
          maxLength={200}
          value={filter.text}
          onChange={(event) => onChange({ ...filter, text: event.target.value })}
        />
        <Select
          label="Filter by service"
          all="All services"
          values={list.services}
          value={filter.service}
          onChange={(service) => onChange({ ...filter, service })}
        />
        <Select
          label="Filter by team"
          all="All teams"
          values={list.teams}
          value={filter.team}
          onChange={(team) => onChange({ ...filter, team })}
        />
      </div>
    </search>
  );
}

interface SelectProps {
  label: string;
  all: string;
  values: string[];
  value: string;
  onChange(value: string): void;
}

function Select({ label, all, values, value, onChange }: SelectProps) {
  if (values.length === 0 && value === '') return null;
  const options = value === '' || values.includes(value) ? values : [value, ...values];
  return (
    <select className="field" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{all}</option>
      {options.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

function totalOf({ counts }: Pick<RuleList, 'counts'>): number {
  return counts.firing + counts.pending + counts.unasked + counts.no_data + counts.inactive;
}

function useFilter() {
  const [search, setSearch] = useSearchParams();
  const state = search.get('state');
  const filter: Filter = {
    state: SHOWN_STATES.find((one) => one === state) ?? null,
    service: search.get('service') ?? '',
    team: search.get('team') ?? '',
    text: search.get('text') ?? '',
  };
  const setFilter = (next: Filter) =>
    setSearch(
      Object.fromEntries(Object.entries(next).filter((entry): entry is [string, string] => Boolean(entry[1]))),
      {
        replace: true,
      },
    );
  return { filter, setFilter };
}

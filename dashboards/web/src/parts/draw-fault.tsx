import { Component, type ReactNode } from 'react';

interface Props {
  /** What could not be shown: `This page`, `The chart`. */
  what: string;
  /** Another value is another try. */
  tryAgainOn?: string;
  children: ReactNode;
}

/**
 * Keeps a fault in one part of the page from taking the rest away. The usual one is a part that is loaded when it is needed
 * and is gone, because the watcher was upgraded since the page was opened: loading the page again mends that.
 */
export class DrawFault extends Component<Props, { fault: Error | null }> {
  override state: { fault: Error | null } = { fault: null };

  static getDerivedStateFromError(thrown: unknown) {
    return { fault: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }

  override componentDidUpdate({ tryAgainOn }: Props): void {
    if (this.state.fault && tryAgainOn !== this.props.tryAgainOn) this.setState({ fault: null });
  }

  override render(): ReactNode {
    const { fault } = this.state;
    if (!fault) return this.props.children;
    return (
      <div className="notice problem" role="alert">
        <span>
          {this.props.what} could not be shown; perhaps the watcher was upgraded meanwhile. This says nothing about the
          watched services. <span className="mono">{fault.message}</span>
        </span>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Load again
        </button>
      </div>
    );
  }
}

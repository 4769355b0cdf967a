/** The whole look of the report: no font, picture or script comes from anywhere. */
export const STYLE = `
:root {
  color-scheme: light;
  --bg: #f5f6f8; --surface: #ffffff; --sunken: #f0f2f5; --border: #dde1e7; --text: #181d25; --soft: #454e5c;
  --accent: #2450bd; --good: #17693f; --warned: #7d4e00; --bad: #b0231c; --idle: #4f5968; --bad-wash: #fdecea;
  --dns: #8d6bc9; --connect: #c77a2a; --tls: #b8558f; --first_byte: #3f72d6; --download: #2f9c94; --own: #a9b1bd;
}
@media (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --bg: #0e1116; --surface: #161a20; --sunken: #11151a; --border: #29303a; --text: #e7eaef; --soft: #b4bcc8;
    --accent: #93b4ff; --good: #74d6a5; --warned: #f2c064; --bad: #ff968e; --idle: #aab3c0; --bad-wash: #331817;
    --dns: #a78be0; --connect: #d9964f; --tls: #d07bb0; --first_byte: #5b8bea; --download: #46b3aa; --own: #58626f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { margin: 0 0 4px; font-size: 22px; }
h2 { margin: 0; font-size: 16px; display: inline; }
h3 { margin: 16px 0 4px; font-size: 13px; color: var(--soft); }
p { margin: 4px 0; }
a { color: var(--accent); }
code, pre, .mono { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px; }
pre { margin: 4px 0; padding: 8px 10px; background: var(--sunken); border: 1px solid var(--border); border-radius: 5px; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 480px; overflow: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 4px 12px 4px 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-size: 13px; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--border); }
.number { text-align: right; white-space: nowrap; }
.soft { color: var(--soft); }
.good { color: var(--good); } .warned { color: var(--warned); } .bad { color: var(--bad); } .neutral, .idle { color: var(--idle); }
.runs table { min-width: 560px; }
.runs th, .runs td { overflow-wrap: break-word; }
.runs th { white-space: nowrap; }
.runs { margin: 16px 0 24px; background: var(--surface); border: 1px solid var(--border); border-radius: 8px; padding: 8px 16px; overflow-x: auto; }
.run { margin: 12px 0; background: var(--surface); border: 1px solid var(--border); border-radius: 8px; }
.run > summary { padding: 12px 16px; cursor: pointer; }
.run > div { padding: 0 16px 16px; }
.cause { margin: 0 0 12px; padding: 8px 12px; border-left: 4px solid var(--bad); background: var(--bad-wash); overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.steps { list-style: none; margin: 8px 0; padding: 0; border-top: 1px solid var(--border); }
.steps > li { border-bottom: 1px solid var(--border); }
.steps .title { padding: 6px 0; font-weight: 600; font-size: 13px; color: var(--soft); }
.step { display: grid; grid-template-columns: 20px minmax(120px, 30%) 44px 76px 1fr; gap: 8px; align-items: center; padding: 6px 0; overflow-wrap: anywhere; }
summary.step { cursor: pointer; }
.inner > :nth-child(2) { padding-left: 16px; }
.lane { position: relative; height: 12px; background: var(--sunken); border-radius: 3px; }
.bar { position: absolute; top: 0; height: 12px; min-width: 2px; display: flex; border-radius: 3px; overflow: hidden; background: var(--own); }
.bar i { display: block; height: 100%; }
.evidence { padding: 0 0 12px 28px; }
.note { grid-column: 2 / -1; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 2px; }
.dns { background: var(--dns); } .connect { background: var(--connect); } .tls { background: var(--tls); }
.first_byte { background: var(--first_byte); } .download { background: var(--download); } .own { background: var(--own); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 640px) {
  .step { grid-template-columns: 20px 1fr 44px 76px; }
  .lane { grid-column: 1 / -1; }
  .evidence { padding-left: 0; }
}
@media print { .run { break-inside: avoid; } pre { max-height: none; } }
`;

"""How the page looks: light, dark and on paper, with nothing fetched from anywhere.

Every pair of text and ground has a contrast of at least 4.5 to 1; what colour says, a word or sign says, too.
"""

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f5f6f8; --text: #1c2127; --quiet: #525b66; --line: #d3d8de; --link: #0b57a8;
  --more: #8a4600; --less: #0f6235; --stop: #a3182b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181d; --raised: #1d232a; --text: #e7eaee; --quiet: #aab3bd; --line: #3a434d; --link: #8dc1ff;
    --more: #ffb870; --less: #83d6a3; --stop: #ff9aa5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 80rem; background: var(--ground); color: var(--text);
  overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2, h3, p, dl, dd, ul, ol { margin: 0; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code, pre { font: .875em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
pre { margin: .5rem 0 0; white-space: pre-wrap; font-size: .8rem; }
pre code { font: inherit; }
ul, ol { padding: 0; list-style: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .5rem 1rem; z-index: 1; }
.lead { margin-top: .5rem; font-size: 1.1rem; max-width: 48rem; }
.quiet { color: var(--quiet); }
.small { font-size: .875rem; }
.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem 1.5rem; margin-top: 1.25rem;
}
.facts dt { font-size: .8rem; color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-top: 1.25rem; }
nav a { display: inline-block; padding: .25rem 0; }
#short p { margin-top: .5rem; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; }
.counts li { background: var(--raised); border: 1px solid var(--line); border-radius: .4rem; padding: .25rem .75rem; }
.layers { display: flex; flex-direction: column; gap: 1.75rem; }
.layers > li {
  position: relative; min-width: 0; background: var(--raised); border: 1px solid var(--line); border-radius: .5rem;
  padding: .75rem;
}
.layers > li + li::before { content: "\\2193" / ""; position: absolute; left: 50%; top: -1.65rem; color: var(--quiet); }
@media (min-width: 64rem), print {
  .layers { flex-direction: row; align-items: flex-start; }
  .layers > li { flex: 1 1 0; }
  .layers > .data { flex-grow: 1.8; }
  .layers > li + li::before { content: "\\2192" / ""; left: -1.35rem; top: .6rem; }
}
.layers h3 { margin-bottom: .5rem; }
.node { margin-top: .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
.node:first-child { margin-top: 0; }
.deeds li { position: relative; padding: .2rem 0 0 1.4rem; font-size: .9rem; }
.deeds li::before { content: "\\2192" / ""; position: absolute; left: 0; color: var(--quiet); }
.reached li::before { content: "\\2190" / ""; }
.change { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin-top: .75rem; }
.change h3 code { font-weight: 400; }
.sign { display: inline-block; min-width: 1.1em; font-family: ui-monospace, monospace; }
.statement { margin-top: .6rem; padding-left: .75rem; border-left: 3px solid var(--line); }
.statement ul { margin-left: 1.1rem; list-style: disc; }
.mark {
  display: inline-block; font-size: .8rem; white-space: nowrap; border: 1px solid; border-radius: 1rem;
  padding: .05rem .6rem;
}
.broader, .create { color: var(--more); }
.narrower { color: var(--less); }
.unclear, .broader-and-narrower, .blocked, .high { color: var(--stop); }
.finding { margin-top: .75rem; }
details { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem; margin-top: .75rem; }
summary { cursor: pointer; }
@media print {
  :root {
    --ground: #ffffff; --raised: #ffffff; --text: #000000; --quiet: #3a3f45; --line: #b5bbc2; --link: #000000;
    --more: #6a3500; --less: #0b4a28; --stop: #8a1020;
  }
  @page { margin: 9mm; }
  body { max-width: none; padding: 0; font-size: 6.8pt; line-height: 1.27; }
  h1 { font-size: 12pt; }
  h2 { font-size: 9pt; margin: 4pt 0 2pt; padding-top: 2pt; break-after: avoid; }
  h3 { font-size: 7.5pt; }
  #short p { margin-top: 2pt; }
  .lead { font-size: 8pt; margin-top: 2pt; }
  .small, .deeds li, .facts dt, .mark { font-size: 6.5pt; }
  .facts { margin-top: 3pt; gap: 1pt 8pt; grid-template-columns: repeat(5, 1fr); }
  .counts li { padding: 0 4pt; }
  .layers { gap: 11pt; }
  .layers > li { padding: 3pt; }
  .layers > li + li::before { left: -9pt; top: 2pt; }
  .layers > .data { flex-grow: 2.6; }
  .layers > .data > ul { columns: 2; column-gap: 6pt; }
  .node { margin-top: 2pt; padding-top: 2pt; }
  .deeds li { padding: 1pt 0 0 9pt; }
  .changes { columns: 2; column-gap: 8pt; }
  .change { padding: 2pt 5pt; margin: 0 0 3pt; }
  .change h3 { break-after: avoid; }
  .statement { margin-top: 2pt; padding-left: 4pt; break-inside: avoid; }
  .documents { columns: 4; column-gap: 7pt; }
  details { padding: 0; border: 0; margin: 0 0 4pt; }
  details::details-content { content-visibility: visible; block-size: auto; }
  pre { font-size: 4.6pt; line-height: 1.1; margin: 1pt 0 0; }
  summary { list-style: none; font-weight: 600; break-after: avoid; }
  nav, .skip, .screen { display: none; }
}
"""

"""The overview's style sheet: one column of tables, light and dark. It is part of the page, and allowed there by its hash."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root { color-scheme: light dark;
  --ground: #fbfaf8; --paper: #fff; --ink: #1d2125; --quiet: #62696f; --line: #e4e1dc; --legacy: #c3beb5;
  --new: #2f6f5e; --red: #b3261e; --amber: #8a5a00; --green: #1f6f43; --blue: #2a5d9f; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #14171a; --paper: #1b1f23; --ink: #e7e5e1; --quiet: #9aa1a7; --line: #2d3338; --legacy: #5b6168;
  --new: #6fbfa5; --red: #ff8a80; --amber: #e9b44c; --green: #7ccf9c; --blue: #8ab6f2; } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.75rem 1.5rem 3rem; max-width: 76rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .35rem 1rem; margin-bottom: 1.25rem }
h1 { font-size: 1.35rem; margin: 0; letter-spacing: -.01em }
h2 { font-size: .8rem; margin: 2rem 0 .5rem; color: var(--quiet); text-transform: uppercase; letter-spacing: .06em }
header p { margin: 0; color: var(--quiet) }
.scroll { overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 8px }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .5rem .9rem; text-align: left; vertical-align: top }
th { font-size: .8rem; font-weight: 600; color: var(--quiet); white-space: nowrap; border-bottom: 1px solid var(--line) }
tbody + tbody { border-top: 1px solid var(--line) }
.plain tr + tr td { border-top: 1px solid var(--line) }
.number { text-align: right; white-space: nowrap }
.name { display: inline-block; min-width: 7.5rem; font-weight: 600; overflow-wrap: anywhere }
.quiet { color: var(--quiet); font-weight: 400 }
.more td { padding-top: 0; padding-bottom: .8rem }
.more ul { margin: 0; padding-left: 1.1rem; color: var(--quiet) }
.more .scroll { margin-top: .6rem; background: var(--ground) }
.signatures { table-layout: fixed; min-width: 42rem }
.signatures td:nth-child(1) { width: 5.5rem } .signatures td:nth-child(2) { width: 34% } .signatures td:nth-child(4) { width: 9rem }
.more table td { padding: .35rem .9rem; font-size: .9rem }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, "Liberation Mono", monospace; overflow-wrap: anywhere }
pre { margin: .4rem 0 0; white-space: pre-wrap }
svg { display: block; width: 9rem; height: .5rem; margin: .5rem 0 .15rem; border-radius: 2px }
.weights { white-space: nowrap; font-size: .85rem; color: var(--quiet) }
.legacy { fill: var(--legacy) } .new { fill: var(--new) }
.badge { display: inline-block; padding: 0 .55rem; border: 1px solid currentColor; border-radius: 99px; font-size: .82rem;
  font-weight: 600; white-space: nowrap }
.blocked, .bad { color: var(--red) } .inconclusive { color: var(--amber) } .not-yet { color: var(--blue) }
.ready { color: var(--green) } .starting, .draining { color: var(--amber) }
.notice { margin: 0 0 .75rem; padding: .6rem .9rem; border-left: 3px solid var(--amber); background: var(--paper) }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 0 1.5rem }
a { color: var(--blue) }
footer { margin-top: 2rem; color: var(--quiet); font-size: .85rem }
"""

STYLE_HASH = f"sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}"

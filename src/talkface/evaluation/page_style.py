"""How report pages look: one style sheet, no outside font, picture or script."""

from html import escape

STYLE = """
:root{--ink:#1c2126;--soft:#5b6670;--line:#dfe3e7;--ground:#f6f7f9}
*{box-sizing:border-box}
body{font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:var(--ink);background:#fff;
max-width:1260px;margin:36px auto 80px;padding:0 24px}
h1{font-size:27px;margin:0 0 2px;letter-spacing:-.01em}
h2{font-size:19px;margin:44px 0 6px;padding-top:10px;border-top:2px solid var(--ink)}
h3{font-size:14px;margin:0 0 2px}
p{margin:4px 0 10px}.note,figcaption{color:var(--soft);font-size:13.5px;max-width:860px}
.facts{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0 4px}
.facts div{background:var(--ground);border-radius:6px;padding:8px 14px;min-width:96px}
.facts b{display:block;font-size:19px;font-variant-numeric:tabular-nums}.facts span{font-size:12.5px;color:var(--soft)}
.wide{overflow-x:auto;margin:10px 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13.5px}
th,td{padding:4px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap;font-weight:400}
th:first-child,td:first-child{text-align:left;padding-left:2px}
tr:first-child th{border-bottom:1.5px solid var(--ink);font-weight:600}
th.name{padding-right:26px}tr.part th{padding-top:14px;color:var(--soft);font-size:12.5px;font-weight:600;
text-transform:uppercase;letter-spacing:.04em}
tr.scale{color:var(--soft)}small{color:var(--soft);font-size:11.5px}
td small{display:inline-block;min-width:98px;text-align:left;margin-left:3px}
em{display:block;font-style:normal;font-size:11.5px;color:#a05a00}
td.better{background:#e6f2e8}td.worse{background:#fbe9e7}td.other{background:#e9eef6}
span.better{color:#23763a}span.worse{color:#b3352a}span.other{color:#3d5f94}span[title]{margin-left:4px;font-size:11px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(480px,1fr));gap:26px 32px;margin:14px 0}
svg{width:100%;display:block}svg text{font:11px system-ui,"DejaVu Sans",sans-serif;fill:#48525b}
svg line{stroke:#e4e7ea}svg line.zero{stroke:#6d7780;stroke-dasharray:4 3}svg line.span{stroke:#c9cfd5;stroke-width:2}
.legend{font-size:12.5px;margin:2px 0;color:#48525b}.legend span{margin-right:14px;white-space:nowrap}
.legend i{display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:5px}
figure{margin:16px 0}figure img{width:100%;max-width:960px;display:block;border-radius:4px;border:1px solid var(--line)}
ul{padding-left:20px;margin:6px 0}li{margin:2px 0}code{font-size:12.5px;word-break:break-all}
details{margin:10px 0}summary{cursor:pointer;font-weight:600;font-size:14px}
@media print{body{margin:0;max-width:none}details{display:block}}
"""


def document(title: str, sections: list[str]) -> str:
    """A whole HTML page without any outside reference; empty sections are left out. title: plain text."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    body = "\n".join(section for section in sections if section)
    opening = f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>'
    return f"{opening}\n<body>\n{body}\n</body></html>\n"

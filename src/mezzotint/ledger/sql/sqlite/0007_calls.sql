-- Pictures that were ordered from providers, each noted before it is ordered; and what providers cost, which outlives the tasks.

CREATE TABLE upstream_call (
    task BLOB NOT NULL,
    picture INTEGER NOT NULL,          -- which of the task's pictures, from 0
    number INTEGER NOT NULL,           -- which order for it, from 1
    details BLOB NOT NULL,             -- the whole record
    PRIMARY KEY (task, picture, number)
) WITHOUT ROWID;

CREATE TABLE upstream_spent (
    provider TEXT NOT NULL,
    day TEXT NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    cost REAL NOT NULL,                -- credits; of calls under way as expected
    PRIMARY KEY (provider, day, model)
) WITHOUT ROWID;

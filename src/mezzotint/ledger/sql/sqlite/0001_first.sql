-- The first schema. Times are Unix seconds. Ids are 16 bytes and ordered by time, so inserts append.

-- facts about the installation: its signing secret, the virtual clock of fair queuing
CREATE TABLE fact (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    credits REAL                       -- left to spend; NULL is no limit
) WITHOUT ROWID;

CREATE TABLE api_key (
    digest TEXT PRIMARY KEY,           -- SHA-256 of the key, the only trace of it
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    expires REAL,
    revoked INTEGER NOT NULL DEFAULT 0,
    max_active INTEGER,
    scopes TEXT NOT NULL DEFAULT '',   -- space-separated; empty is all
    models TEXT NOT NULL DEFAULT '',
    budget REAL
) WITHOUT ROWID;

-- narrow and hot; state: 0 queued, 1 running, 2 ready, 3 error, 4 request moderated, 5 content moderated, 6 canceled, 7 expired
CREATE TABLE task (
    id BLOB PRIMARY KEY,
    account TEXT NOT NULL,
    api_key TEXT NOT NULL,
    surface TEXT NOT NULL,
    model TEXT NOT NULL,
    engine TEXT NOT NULL,
    class INTEGER NOT NULL DEFAULT 0,  -- priority; lower is served first
    vstart REAL NOT NULL,              -- its start in fair queuing's virtual time
    batch_key TEXT,                    -- tasks that may be painted together
    state INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    refunded INTEGER NOT NULL DEFAULT 0, -- attempts that were handed back unused
    not_before REAL NOT NULL DEFAULT 0,
    deadline REAL,
    worker TEXT,
    epoch INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    hook INTEGER NOT NULL DEFAULT 0,   -- a webhook is owed when it ends
    created REAL NOT NULL,
    started REAL,
    finished REAL,
    outcome BLOB,
    images_until REAL,                 -- when its pictures may go; NULL while it runs, and where they are kept for ever
    emptied INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX task_queued ON task (class, vstart, id) WHERE state = 0;
CREATE INDEX task_running ON task (worker, epoch) WHERE state = 1;
CREATE INDEX task_active ON task (api_key) WHERE state < 2;
CREATE INDEX task_deadline ON task (deadline) WHERE state < 2 AND deadline IS NOT NULL;
CREATE INDEX task_of_account ON task (account, id);
CREATE INDEX task_images ON task (images_until) WHERE emptied = 0 AND images_until IS NOT NULL;

-- wide and cold, written once
CREATE TABLE task_input (
    task BLOB PRIMARY KEY,
    inputs BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE idempotency (
    api_key TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    task BLOB NOT NULL,
    expires REAL NOT NULL,
    PRIMARY KEY (api_key, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_expires ON idempotency (expires);

-- one row per worker, not per task
CREATE TABLE lease (
    worker TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    until REAL NOT NULL
) WITHOUT ROWID;

-- webhooks owed; state: 0 owed, 1 delivered, 2 dead
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    task BLOB NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX outbox_owed ON outbox (not_before) WHERE state = 0;
CREATE INDEX outbox_of_task ON outbox (task);

-- every try of a webhook
CREATE TABLE delivery (
    outbox TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at REAL NOT NULL,
    status INTEGER,
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (outbox, attempt)
) WITHOUT ROWID;

-- fair queuing: where each account's next task begins in virtual time
CREATE TABLE share (
    account TEXT PRIMARY KEY,
    finish REAL NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    weight REAL NOT NULL DEFAULT 1
) WITHOUT ROWID;

CREATE TABLE bucket (
    name TEXT PRIMARY KEY,
    tokens REAL NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE usage (
    account TEXT NOT NULL,
    api_key TEXT NOT NULL,
    model TEXT NOT NULL,
    day TEXT NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    tasks INTEGER NOT NULL DEFAULT 0,
    credits REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (account, api_key, model, day, label)
) WITHOUT ROWID;

-- What a webhook tells and whose it is, how often it was tried before it was last sent by hand, and how long each try took.

ALTER TABLE outbox ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN event TEXT NOT NULL DEFAULT 'completed'; -- a task's `hook` now sums what is told: 1 completed, 2 start, 4 output
ALTER TABLE outbox ADD COLUMN since INTEGER NOT NULL DEFAULT 0;  -- attempts that no longer count against it
ALTER TABLE delivery ADD COLUMN ms REAL;                         -- milliseconds; NULL where that was not kept yet
UPDATE outbox SET account = coalesce((SELECT account FROM task WHERE task.id = outbox.task), '');
CREATE INDEX outbox_of_account ON outbox (account, state, id);   -- state first: dead letters are few among many

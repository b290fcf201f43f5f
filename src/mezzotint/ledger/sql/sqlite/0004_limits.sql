-- How often keys may ask, where that is not left to the server's settings; and what was taken for a task, which is not always its price.

ALTER TABLE api_key ADD COLUMN create_rate TEXT;             -- such as 10/s
ALTER TABLE api_key ADD COLUMN poll_rate TEXT;
ALTER TABLE task ADD COLUMN held REAL NOT NULL DEFAULT 0;    -- credits that its account paid for it: 0 where that had no limit then

UPDATE task SET held = price WHERE state < 2 AND (SELECT credits FROM account WHERE account.id = task.account) IS NOT NULL;

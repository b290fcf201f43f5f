-- What tasks cost, and what keys have spent.

ALTER TABLE task ADD COLUMN price REAL NOT NULL DEFAULT 0;   -- credits; taken when the task is made, given back unless it is ready
ALTER TABLE task ADD COLUMN label TEXT NOT NULL DEFAULT '';  -- the caller's own word, by which usage is told apart
ALTER TABLE api_key ADD COLUMN spent REAL NOT NULL DEFAULT 0; -- of its budget, with what its tasks at work may cost

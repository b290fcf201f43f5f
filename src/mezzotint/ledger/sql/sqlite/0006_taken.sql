-- Which webhooks a sender has: the next one takes back what a dead one had.

ALTER TABLE outbox ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;

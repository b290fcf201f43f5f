-- name: get_fact
SELECT value FROM fact WHERE name = :name;

-- name: list_facts
SELECT value FROM fact WHERE name >= :first AND name <= :last ORDER BY name;

-- name: set_fact
INSERT INTO fact (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: known_request
-- The task that this key made under this idempotency key, if it is still remembered.
SELECT request_hash, task FROM idempotency WHERE api_key = :api_key AND key = :key AND expires > :now;

-- name: remember_request
INSERT INTO idempotency (api_key, key, request_hash, task, expires) VALUES (:api_key, :key, :request_hash, :task, :expires)
ON CONFLICT (api_key, key) DO UPDATE SET request_hash = excluded.request_hash, task = excluded.task, expires = excluded.expires;

-- name: count_active
-- Tasks of a key that wait or run, counted no further than the limit.
SELECT count(*) FROM (SELECT 1 FROM task WHERE api_key = :api_key AND state < 2 LIMIT :limit);

-- name: take_turn
-- The key's next place in virtual time: not before the clock, and one task's length after its last place.
INSERT INTO share (api_key, finish) VALUES (:api_key, :clock + :cost)
ON CONFLICT (api_key) DO UPDATE SET finish = max(finish, :clock) + :cost RETURNING finish - :cost;

-- name: add_task
INSERT INTO task (id, account, api_key, surface, model, engine, class, vstart, deadline, hook, price, held, label, created)
VALUES (:id, :account, :api_key, :surface, :model, :engine, :class, :vstart, :deadline, :hook, :price, :held, :label, :created);

-- name: add_input
INSERT INTO task_input (task, inputs) VALUES (:task, :inputs);

-- name: get_task
SELECT * FROM task WHERE id = :id;

-- name: get_inputs
SELECT inputs FROM task_input WHERE task = :task;

-- name: list_tasks
SELECT * FROM task WHERE account = :account AND id > :after AND id < :before AND state >= :low AND state <= :high ORDER BY id DESC LIMIT :count;

-- name: list_oldest_tasks
SELECT * FROM task WHERE account = :account AND id > :after AND id < :before AND state >= :low AND state <= :high ORDER BY id LIMIT :count;

-- name: count_waiting
SELECT count(*) FROM task WHERE state = 0;

-- name: cancel_waiting
UPDATE task SET state = 6, finished = :now, outcome = :outcome, images_until = :now, cancel_requested = 1
WHERE id = :id AND account = :account AND state = 0 RETURNING account, api_key, price, held, hook;

-- name: cancel_running
UPDATE task SET cancel_requested = 1 WHERE id = :id AND account = :account AND state = 1 RETURNING id;

-- name: owe_webhook
INSERT INTO outbox (id, task, account, event, not_before, created) VALUES (:id, :task, :account, :event, :now, :now);

-- name: enlist
-- A worker comes back under the next epoch.
INSERT INTO lease (worker, epoch, until) VALUES (:worker, 1, :until)
ON CONFLICT (worker) DO UPDATE SET epoch = epoch + 1, until = excluded.until RETURNING epoch;

-- name: renew_lease
UPDATE lease SET until = :until WHERE worker = :worker AND epoch = :epoch RETURNING epoch;

-- name: prolong_leases
-- After a restart of the ledger nobody is expired for one lease, so an outage re-runs nothing; and nobody has more than one, whatever
-- the clock showed before.
UPDATE lease SET until = :until;

-- name: hurry_delayed
-- The same for what waits to be tried again, which is a matter of seconds.
UPDATE task SET not_before = :until WHERE state = 0 AND not_before > :until;

-- name: move_leases
UPDATE lease SET until = until + :seconds;

-- name: move_delayed
UPDATE task SET not_before = not_before + :seconds WHERE state = 0 AND not_before > 0;

-- name: move_deadlines
UPDATE task SET deadline = deadline + :seconds WHERE state < 2 AND deadline IS NOT NULL;

-- name: move_pictures
UPDATE task SET images_until = images_until + :seconds WHERE emptied = 0 AND images_until IS NOT NULL;

-- name: move_requests
UPDATE idempotency SET expires = expires + :seconds;

-- name: move_webhooks
UPDATE outbox SET not_before = not_before + :seconds WHERE state = 0;

-- name: move_files
UPDATE file SET expires = expires + :seconds, details = CAST(json_set(CAST(details AS TEXT), '$.expires', expires + :seconds) AS BLOB);

-- name: count_workers
SELECT count(*) FROM lease WHERE until > :now;

-- name: claim
-- The dispatch: the head of the queue in fair order becomes this worker's, each task under its next attempt.
UPDATE task SET state = 1, worker = :worker, attempt = attempt + 1, started = coalesce(started, :now)
WHERE id IN (
    SELECT id FROM task
    WHERE state = 0 AND not_before <= :now AND engine IN (SELECT value FROM json_each(:engines))
    ORDER BY class, vstart, id LIMIT :count
)
RETURNING id, attempt, created, started, vstart, class, account, hook;

-- name: claim_preferred
-- The same, and of the first :ahead tasks those of preferred models before others of their class that came after :since.
UPDATE task SET state = 1, worker = :worker, attempt = attempt + 1, started = coalesce(started, :now)
WHERE id IN (
    SELECT id FROM (
        SELECT id, class, vstart, model, created FROM task
        WHERE state = 0 AND not_before <= :now AND engine IN (SELECT value FROM json_each(:engines))
        ORDER BY class, vstart, id LIMIT :ahead
    )
    ORDER BY class, created > :since AND model NOT IN (SELECT value FROM json_each(:prefer)), vstart, id LIMIT :count
)
RETURNING id, attempt, created, started, vstart, class, account, hook;

-- name: held
-- Of whatever epoch: a worker that comes back leaves nothing of an older one running.
SELECT id, attempt, refunded, cancel_requested FROM task WHERE state = 1 AND worker = :worker;

-- name: title
-- A task that this attempt still has a title to: running under it, or waiting again and not yet claimed by another.
SELECT account, api_key, model, state, refunded, hook, cancel_requested, price, held, label FROM task WHERE id = :id AND attempt = :attempt AND state < 2;

-- name: finish
UPDATE task SET state = :state, finished = :now, outcome = :outcome, images_until = :images_until WHERE id = :id;

-- name: hand_back
UPDATE task SET state = 0, not_before = :not_before, refunded = refunded + :refund WHERE id = :id AND state = 1;

-- name: charge
INSERT INTO usage (account, api_key, model, day, label, tasks, credits) VALUES (:account, :api_key, :model, :day, :label, 1, :price)
ON CONFLICT (account, api_key, model, day, label) DO UPDATE SET tasks = tasks + 1, credits = credits + excluded.credits;

-- name: credits_of
SELECT credits FROM account WHERE id = :account;

-- name: spent_of
SELECT spent FROM api_key WHERE id = :api_key;

-- name: take_credits
-- A negative price gives them back. No limit stays none.
UPDATE account SET credits = credits - :price WHERE id = :account;

-- name: note_spent
-- Of keys that have a budget: what the others spend is in their usage.
UPDATE api_key SET spent = spent + :price WHERE id = :api_key AND budget IS NOT NULL;

-- name: set_credits
INSERT INTO account (id, created, credits) VALUES (:account, :now, :credits) ON CONFLICT (id) DO UPDATE SET credits = excluded.credits;

-- name: usage_of
-- A page of sums over what is not told apart, in the order that is asked for.
WITH told AS (
    SELECT iif(:by_day, day, '') AS day, iif(:by_key, api_key, '') AS key, iif(:by_model, model, '') AS model, iif(:by_label, label, '') AS label,
        tasks, credits
    FROM usage WHERE account = :account AND day >= :first AND day <= :last
)
SELECT key, model, day, label, sum(tasks) AS tasks, sum(credits) AS credits FROM told GROUP BY day, key, model, label ORDER BY
    CASE :order_0 WHEN 'day' THEN day WHEN 'key' THEN key WHEN 'model' THEN model WHEN 'label' THEN label END,
    CASE :order_1 WHEN 'day' THEN day WHEN 'key' THEN key WHEN 'model' THEN model WHEN 'label' THEN label END,
    CASE :order_2 WHEN 'day' THEN day WHEN 'key' THEN key WHEN 'model' THEN model WHEN 'label' THEN label END,
    CASE :order_3 WHEN 'day' THEN day WHEN 'key' THEN key WHEN 'model' THEN model WHEN 'label' THEN label END
LIMIT :count OFFSET :start;

-- name: usage_total
SELECT coalesce(sum(tasks), 0) AS tasks, coalesce(sum(credits), 0.0) AS credits FROM usage
WHERE account = :account AND day >= :first AND day <= :last;

-- name: lapsed
-- Running tasks whose worker's lease ran out. A worker that comes back frees what it held in the same moment, so its lease is that of all.
SELECT task.id, task.attempt, task.refunded, task.cancel_requested FROM task JOIN lease ON lease.worker = task.worker
WHERE task.state = 1 AND lease.until <= :now;

-- name: overdue
SELECT id, attempt FROM task WHERE state < 2 AND deadline <= :now;

-- name: due_deliveries
-- A task's events one after the other, in their order, which their names have the other way round.
SELECT id, task, attempt, event FROM outbox WHERE state = 0 AND not_before <= :now AND NOT EXISTS (
    SELECT 1 FROM outbox AS earlier WHERE earlier.task = outbox.task AND earlier.state = 0 AND earlier.event > outbox.event
)
ORDER BY not_before LIMIT :count;

-- name: take_delivery
-- Not offered to another sender until then.
UPDATE outbox SET not_before = :until, taken = 1 WHERE id = :id;

-- name: next_due
SELECT min(not_before) AS at FROM outbox WHERE state = 0 AND not_before > :now;

-- name: take_back
-- What nobody has any more who could send it, before all that came due meanwhile.
UPDATE outbox SET not_before = min(created, :now), taken = 0 WHERE state = 0 AND taken = 1;

-- name: put_off
-- Its sender gives it back unsent.
UPDATE outbox SET not_before = :until, taken = 0 WHERE id = :id AND taken = 1;

-- name: owed_delivery
SELECT event, state, attempt, since FROM outbox WHERE id = :id;

-- name: note_delivery
INSERT INTO delivery (outbox, attempt, at, status, note, ms) VALUES (:id, :attempt, :now, :status, :note, :ms);

-- name: forget_tries
-- The oldest of a message that was sent again many times.
DELETE FROM delivery WHERE outbox = :id AND attempt <= :attempt - :kept;

-- name: settle_delivery
UPDATE outbox SET state = :state, attempt = :attempt, not_before = :not_before, taken = 0 WHERE id = :id;

-- name: list_messages
-- Each with its last attempt.
SELECT id, task, event, state, outbox.attempt, created, not_before, at, status, note, ms
FROM outbox LEFT JOIN delivery ON delivery.outbox = outbox.id AND delivery.attempt = outbox.attempt
WHERE account = :account AND state = :state AND id < :before ORDER BY id DESC LIMIT :count;

-- name: get_message
SELECT id, task, event, state, attempt, created, not_before FROM outbox WHERE id = :id AND account = :account;

-- name: list_tries
SELECT attempt, at, status, note, ms FROM delivery WHERE outbox = :id ORDER BY attempt;

-- name: resend
-- Due now, with all its attempts before it again.
UPDATE outbox SET state = 0, since = attempt, not_before = :now, taken = 0 WHERE id = :id AND account = :account RETURNING id;

-- name: add_account
INSERT INTO account (id, created) VALUES (:id, :now) ON CONFLICT DO NOTHING;

-- name: add_key
INSERT INTO api_key (digest, id, account, name, created, expires, max_active, scopes, models, budget, create_rate, poll_rate)
VALUES (:digest, :id, :account, :name, :created, :expires, :max_active, :scopes, :models, :budget, :create_rate, :poll_rate);

-- name: find_key
SELECT id, account, name, created, expires, revoked, max_active, scopes, models, budget, spent, create_rate, poll_rate
FROM api_key WHERE digest = :digest;

-- name: revoke_key
UPDATE api_key SET revoked = 1 WHERE id = :id RETURNING id;

-- name: expire_key
-- Never later than it would have.
UPDATE api_key SET expires = min(coalesce(expires, :at), :at) WHERE id = :id RETURNING id;

-- name: list_keys
SELECT id, account, name, created, expires, revoked, max_active, scopes, models, budget, spent, create_rate, poll_rate
FROM api_key WHERE :account IS NULL OR account = :account ORDER BY created, id;

-- name: spent
SELECT id FROM task WHERE emptied = 0 AND images_until <= :now ORDER BY images_until LIMIT :count;

-- name: emptied
UPDATE task SET emptied = 1 WHERE id = :id;

-- name: old_tasks
-- Tasks made before an id, whose pictures are gone, so that they have ended, and whose webhooks are settled.
SELECT id FROM task WHERE id < :before AND emptied = 1
AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.task = task.id AND outbox.state = 0) LIMIT :count;

-- name: forget_task
DELETE FROM task WHERE id = :id;

-- name: forget_input
DELETE FROM task_input WHERE task = :id;

-- name: forget_deliveries
DELETE FROM delivery WHERE outbox IN (SELECT id FROM outbox WHERE task = :id);

-- name: forget_outbox
DELETE FROM outbox WHERE task = :id;

-- name: forget_requests
DELETE FROM idempotency WHERE expires <= :now;

-- name: file_bytes
-- What an account's files take.
SELECT coalesce(sum(size), 0) FROM file WHERE account = :account AND expires > :now;

-- name: add_file
INSERT INTO file (id, account, expires, size, details) VALUES (:id, :account, :expires, :size, :details);

-- name: find_file
SELECT details FROM file WHERE id = :id AND expires > :now;

-- name: list_files
SELECT details FROM file WHERE account = :account AND id > :after AND id < :before AND expires > :now ORDER BY id DESC LIMIT :count;

-- name: list_oldest_files
SELECT details FROM file WHERE account = :account AND id > :after AND id < :before AND expires > :now ORDER BY id LIMIT :count;

-- name: drop_file
UPDATE file SET expires = :now WHERE id = :id AND account = :account AND expires > :now RETURNING id;

-- name: spent_files
SELECT id FROM file WHERE expires <= :now ORDER BY expires LIMIT :count;

-- name: forget_file
DELETE FROM file WHERE id = :id;

-- name: get_call
SELECT details FROM upstream_call WHERE task = :task AND picture = :index AND number = :number;

-- name: put_call
INSERT INTO upstream_call (task, picture, number, details) VALUES (:task, :index, :number, :details)
ON CONFLICT (task, picture, number) DO UPDATE SET details = excluded.details;

-- name: calls_of
SELECT details FROM upstream_call WHERE task = :task ORDER BY picture, number;

-- name: runs
-- A task that a worker has under this attempt, and that nobody canceled.
SELECT 1 FROM task WHERE id = :id AND attempt = :attempt AND state = 1 AND cancel_requested = 0;

-- name: spent_upstream
-- Of one provider, this day and this month.
SELECT coalesce(sum(cost) FILTER (WHERE day = :day), 0) AS day, coalesce(sum(cost), 0) AS month
FROM upstream_spent WHERE provider = :provider AND day >= :month AND day <= :day;

-- name: spend_upstream
INSERT INTO upstream_spent (provider, day, model, calls, cost) VALUES (:provider, :day, :model, :calls, :cost)
ON CONFLICT (provider, day, model) DO UPDATE SET calls = calls + excluded.calls, cost = cost + excluded.cost;

-- name: list_spent_upstream
SELECT provider, model, day, calls, cost FROM upstream_spent WHERE day >= :first AND day <= :last ORDER BY day, provider, model;

-- name: forget_calls
DELETE FROM upstream_call WHERE task = :id;

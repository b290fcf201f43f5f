"""Everything durable but pictures: tasks, keys, webhooks owed. One port, several adapters, the same contract tests for all."""

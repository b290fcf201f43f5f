-- How often keys may ask, where that is not left to the server's settings.

ALTER TABLE api_key ADD COLUMN create_rate TEXT;
ALTER TABLE api_key ADD COLUMN poll_rate TEXT;

-- Turns go round among keys, no longer among accounts, of which many installations have only one.

DROP TABLE share;
CREATE TABLE share (
    api_key TEXT PRIMARY KEY,
    finish REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO share (api_key, finish) SELECT api_key, max(vstart) + 1 FROM task WHERE state < 2 GROUP BY api_key;

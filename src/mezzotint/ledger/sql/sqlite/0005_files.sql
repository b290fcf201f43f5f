-- Pictures that were uploaded before the tasks that name them.

CREATE TABLE file (
    id BLOB PRIMARY KEY,
    account TEXT NOT NULL,
    expires REAL NOT NULL,             -- from then on nobody sees it, and the sweeper deletes its bytes, then this row
    size INTEGER NOT NULL,
    details BLOB NOT NULL              -- the whole record; what is looked for by is above
) WITHOUT ROWID;
CREATE INDEX file_of_account ON file (account, id);
CREATE INDEX file_expires ON file (expires);
